"""Arguments as people write them: those with a secret, whose place is marked, and those that only look so.

Shared by the tests of masking, of drafts and of the app's files.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["ORDINARY", "SECRETIVE", "with_secret"]

MARK = "§"

_COMPOSE = """\
services:
  db:
    image: postgres:16@sha256:1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff001
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: §
      TZ: Europe/Berlin
    ports: ["5432:5432"]
"""
_COMPOSE_LIST = (
    "services:\n  db:\n    environment:\n      - POSTGRES_USER=app\n      - DB_PASS=§\n    restart: always\n"
)
_COMPOSE_COMMAND = "services:\n  cache:\n    image: redis:7\n    command: redis-server --requirepass § --port 6379\n"
_COMPOSE_HEALTH = 'services:\n  db:\n    healthcheck:\n      test: ["CMD", "mysqladmin", "-p§", "ping"]\n'
_KUBERNETES = "env:\n  - name: DB_PASSWORD\n    value: §\n  - name: TZ\n    value: UTC\n"
_BLOCK = "tls:\n  password: |\n    §\n  port: 443\n"
_PEM = "-----BEGIN {0}PRIVATE KEY-----\n§\n-----END {0}PRIVATE KEY-----\n"
_CERTIFICATE = (
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----"
)
_XML = "<graphics type='vnc'><listen/><passwd>§</passwd></graphics>"
_INI = "[client]\nuser = backup\npassword = §\nhost = nas\n"
_SNMP = "rocommunity § 10.0.0.0/8\nsyslocation cellar\n"
_ENV = "PORT=5\nAPI_TOKEN=§\nTZ=UTC\n"

SECRETIVE: list[tuple[str, list[Any]]] = [
    # Lists of settings.
    ("app.create", [{"values": {"envs": [{"name": "DB_PASSWORD", "value": MARK}]}}]),
    ("app.create", [{"values": {"env": [{"value": MARK, "key": "apiKey"}]}}]),
    ("app.create", [{"values": {"env": [{"variable": "DBPASS", "value": MARK}]}}]),
    ("app.create", [{"values": {"env": {"MYSQL_ROOT_PASSWORD": MARK, "TZ": "UTC"}}}]),
    ("app.create", [{"values": {"env": [f"DBPASS={MARK}", "TZ=UTC"]}}]),
    ("app.create", [{"values": {"env": ["SECRET_KEY_BASE", MARK]}}]),
    ("app.create", [{"values": {"headers": [{"header": "X-Api-Key", "value": MARK}]}}]),
    ("app.create", [{"values": {"ADMIN_PASS2": MARK, "TS_AUTHKEY": MARK, "pgpwd": MARK}}]),
    ("app.create", [{"custom_compose_config": {"services": {"db": {"environment": {"PGPASSWORD": MARK}}}}}]),
    ("app.create", [{"custom_compose_config": {"services": {"a": {"command": ["redis", "--requirepass", MARK]}}}}]),
    *(
        ("app.create", [{"custom_app": True, "app_name": "a", "custom_compose_config_string": text}])
        for text in (_COMPOSE, _COMPOSE_LIST, _COMPOSE_COMMAND, _COMPOSE_HEALTH, _KUBERNETES, _BLOCK, _ENV)
    ),
    (
        "app.update",
        ["a", {"values": {"extra": json.dumps({"db": {"name": "db_password", "value": MARK}}, ensure_ascii=False)}}],
    ),
    # Command lines.
    *(
        ("cronjob.create", [{"command": command, "user": "root", "schedule": {"minute": "00"}}])
        for command in (
            "backup --password § --to /mnt/tank/backup",
            "backup --password=§ --verbose",
            "backup --api-key '§' tank",
            "mysqldump -u root -p§ shop > /mnt/tank/shop.sql",
            "sshpass -p § ssh root@nas reboot",
            "sshpass -p '§' rsync -a /mnt/tank/ nas:/mnt/",
            "curl -u admin:§ https://nas/api",
            "curl --user 'admin:§' https://nas/api",
            "curl -H 'Authorization: Bearer §' https://nas/api",
            "curl -H 'X-Auth-Token: §' https://nas/api",
            "curl --cookie 'a' -H 'Cookie: session=§' https://nas",
            "PGPASSWORD=§ pg_dump -h db shop",
            "export RESTIC_PASSWORD='§'; restic backup /mnt/tank",
            "echo '§' | zfs load-key tank/secret",
            "echo root:§ | chpasswd",
            "smbclient //nas/share -U admin%§",
            "ipmitool -I lanplus -H bmc -U root -P § power status",
            "redis-cli -a § flushall",
            "ldapsearch -D cn=admin -w § uid=a",
            "docker login -u me -p § registry.example.com",
            "openssl enc -aes-256-cbc -pass pass:§ -in a -out b",
            "mount -t cifs //nas/share /mnt -o username=u,password=§,uid=0",
            "mc alias set nas https://nas:9000 admin §",
            "aws configure set aws_secret_access_key §",
            "mysql -e \"CREATE USER 'a' IDENTIFIED BY '§'\"",
            "snmpget -v2c -c § nas sysName.0",
            "mongosh -u a -p § --authenticationDatabase admin",
            'psql "host=db user=app password=§ dbname=shop"',
            "REDISCLI_AUTH=§ redis-cli ping",
            "curl -sSu admin:§ https://nas",
            "curl -H 'Authorization: token §' https://nas",
            'curl -d \'{"username": "a", "password": "§"}\' https://nas',
            "curl -d 'user=a&password=§' https://nas",
            "curl 'https://nas/api?api_key=§&x=1'",
            "curl -x http://proxyuser:§@proxy:3128 https://nas",
            "wget --user=a --http-password § https://nas",
            "ssh-keygen -t ed25519 -N '§' -f /root/k",
            "openssl pkcs12 -export -passout pass:§ -in a",
            "smbclient //nas/x § -U admin",
            "lftp -u admin,§ ftp://nas",
            "BORG_PASSPHRASE='§' borg create",
            "az storage blob list --account-key § --account-name a",
            "docker run --env DB_PASS=§ -p 80:80 mysql",
            "helm install a b --set auth.password=§",
            "kubectl create secret generic a --from-literal=password=§",
            "snmpget -v3 -u a -a SHA -A § -x AES nas",
            "kinit admin <<< §",
            "7z a -p§ a.7z b",
            "upscmd -u admin -p § ups load.off",
            "iscsiadm -m node -o update -n node.session.auth.password -v §",
            "xfreerdp /u:a /p:§ /v:h",
            "sqlplus a/§@db",
            "curl https://api.telegram.org/bot123456:§/send",
            "tailscale up --authkey=§",
            "git clone https://oauth2:§@gitlab.com/a/b",
            "npm config set //registry.npmjs.org/:_authToken=§",
        )
    ),
    ("virt.instance.exec", ["a", ["mysqldump", "--password", MARK, "shop"]]),
    ("virt.instance.exec", ["a", ["sshpass", "-p", MARK, "ssh", "nas"]]),
    ("virt.instance.exec", ["a", ["curl", "-u", f"admin:{MARK}", "https://nas"]]),
    # Addresses and connection strings.
    *(
        ("webhook.create", [{"address": address, "name": "a"}])
        for address in (
            "https://admin:§@nas.example.com/backup",
            "mysql://app:§@db:3306/shop",
            "postgresql+asyncpg://app:§@db/shop?sslmode=require",
            "redis://:§@cache:6379/0",
            "mongodb+srv://app:§@cluster0.mongodb.net/shop",
            "amqp://guest:§@mq:5672/%2f",
            "https://a.blob.core.windows.net/c?sv=2022-11-02&sig=§&se=2026-01-01",
            "https://example.com/hook?token=§&x=1",
            "https://bucket.s3.amazonaws.com/a?X-Amz-Credential=AKIA&X-Amz-Signature=§",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§;EndpointSuffix=core.windows.net",
            "Endpoint=sb://a.net/;SharedAccessKeyName=Root;SharedAccessKey=§",
            "Server=db;Database=shop;User Id=app;Password=§;Encrypt=true",
            "jdbc:postgresql://db/shop?user=app&password=§",
            "app:§@tcp(db:3306)/shop",
            "smb://admin:§@nas/share",
            "otpauth://totp/nas:admin?secret=§&issuer=nas",
            "https://hooks.slack.com/services/T000/B000/§",
        )
    ),
    # Texts with settings inside.
    ("snmp.update", [{"options": _SNMP}]),
    ("snmp.update", [{"options": "createUser admin SHA § AES §"}]),
    ("snmp.update", [{"community": MARK, "v3_password": MARK, "v3_privpassphrase": MARK}]),
    ("ups.update", [{"monpwd": MARK, "optionsupsd": f"[mon]\n password = {MARK}\n"}]),
    ("ups.update", [{"extrausers": f"MONITOR ups@nas 1 monuser {MARK} primary"}]),
    ("smb.update", [{"smb_options": f"ldap admin password = {MARK}"}]),
    ("filesystem.put", [{"content": _INI}]),
    ("filesystem.put", [{"content": f"machine nas login root password {MARK}"}]),
    ("vm.create", [{"command_line_args": _XML}]),
    ("vm.device.create", [{"attributes": {"dtype": "DISPLAY", "password": MARK}}]),
    # Keys.
    ("keychaincredential.create", [{"type": "SSH_KEY_PAIR", "attributes": {"private_key": _PEM.format("OPENSSH ")}}]),
    ("certificate.create", [{"privatekey": _PEM.format("RSA "), "passphrase": MARK}]),
    ("filesystem.put", [{"content": _PEM.format("")}]),
    ("filesystem.put", [{"content": _PEM.format("ENCRYPTED ")}]),
    (
        "cloudsync.credentials.create",
        [{"provider": {"type": "S3", "access_key_id": "AKIA1", "secret_access_key": MARK}}],
    ),
    ("cloudsync.credentials.create", [{"provider": {"type": "AZUREBLOB", "account": "a", "key": MARK}}]),
    ("pool.dataset.create", [{"name": "tank/a", "encryption_options": {"passphrase": MARK}}]),
    ("pool.dataset.unlock", ["tank/a", {"datasets": [{"name": "tank/a", "passphrase": MARK}]}]),
    ("iscsi.auth.create", [{"tag": 1, "user": "a", "secret": MARK, "peersecret": MARK}]),
    ("ipmi.lan.update", [1, {"dhcp": True, "password": MARK}]),
    ("auth.something_new", ["root", {"n": MARK}]),
    ("auth.something_new", [{"a": [MARK]}]),
    ("core.bulk", ["user.update", [[1, {"password": MARK}]]]),
    # Settings as files write them.
    *(
        ("filesystem.put", [{"content": text}])
        for text in (
            "db: {user: a, password: §}\n",
            "x:\n  MYSQL_ROOT_PASSWORD: >-\n    §\n  y: 1\n",
            "command:\n  - --password\n  - §\n  - --x\n",
            '[db]\npassword = "§"\n',
            "ldap_bind_pw §",
            "PrivateKey = §\nAddress = 10.0.0.1",
            "com2sec notConfigUser default §",
            "define('DB_PASSWORD', '§');",
            "ALTER USER a WITH PASSWORD '§'",
            "<graphics type='spice' passwd='§'/>",
        )
    ),
    ("app.create", [{"env": [{"Name": "DB_PASSWORD", "Value": MARK}], "basic_auth": f"a:{MARK}"}]),
    ("app.create", [{"env": [{"env_name": "DB_PASSWORD", "env_value": MARK}], "recovery_codes": [MARK]}]),
    ("app.create", [{"args": ["-p", MARK]}]),
    # Filters.
    ("user.query", [[["unixhash", "=", MARK]]]),
    ("user.query", [[["OR", [["smbhash", "^", MARK], ["username", "=", "a"]]]]]),
    ("iscsi.auth.query", [[["secret", "in", [MARK, "b"]]], {"limit": 1}]),
    ("user.update", [1, {"__secret": MARK, "user-password": MARK}]),
]
"""Methods and their arguments, each with the place of a secret marked."""

_HEX = "3f2a9c0b7e5d4f61a8b2c3d4e5f60718293a4b5c6d7e8f90112233445566778"
ORDINARY: list[tuple[str, list[Any]]] = [
    ("pool.query", [[["name", "=", "tank"]], {"select": ["id", "name", "guid"], "order_by": ["-name"]}]),
    ("pool.query", [[["guid", "=", "12884901887469823671"]]]),
    ("user.query", [[["username", "=", "password"]], {"select": ["password", "username"]}]),
    ("certificate.query", [[["fingerprint", "=", "D2:1E:6A:0B:99:73:5C:11:AB:AC:00:17:F4:5E:2C:90:13:37:AA:55"]]]),
    ("certificate.query", [[["sha256", "=", f"a{_HEX}"]]]),
    ("app.image.delete", [f"sha256:a{_HEX}"]),
    ("app.image.pull", [{"image": f"ghcr.io/home-assistant/home-assistant@sha256:a{_HEX}"}]),
    ("app.container_ids", [{"container_id": f"a{_HEX}"}]),
    ("core.get_jobs", [[["id", "=", 42]]]),
    ("vm.query", [[["uuid", "=", "7f3c9a52-1b0e-4c7d-9a11-0d2f6c1e8b44"]]]),
    ("disk.update", ["{serial_lunid}WD-WX12D80P1234_50014ee2b5a1c3d7", {"description": "bay 3, WD-WX12D80P1234"}]),
    ("disk.update", ["{uuid}7f3c9a52-1b0e-4c7d-9a11-0d2f6c1e8b44", {"passwd": ""}]),
    ("pool.dataset.create", [{"name": "tank/Media/TVShows/Season2024/PasswordProtected", "type": "FILESYSTEM"}]),
    ("pool.snapshot.delete", ["tank/vm@auto-2024-01-05_00-00-2w"]),
    ("pool.dataset.update", ["tank/a", {"user_properties_update": [{"key": "com.example:backup", "value": "yes"}]}]),
    ("filesystem.stat", ["/mnt/tank/Documents/2024/TaxReturn2024Final/Keys and passwords"]),
    ("filesystem.setperm", [{"path": "/mnt/tank/secrets", "mode": "755", "uid": 1000}]),
    ("interface.update", ["eno1", {"link_address": "3c:ec:ef:12:34:56", "aliases": ["10.0.0.2/24", "fe80::1/64"]}]),
    ("replication.query", [[["state.datetime", ">", "2024-06-30T23:59:59.123456+00:00"]]]),
    (
        "user.create",
        [{"sshpubkey": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7yVb3k9LqXz8w2HqT1p5m0ZrJ4n6xKd a@b", "uid": 3000}],
    ),
    ("user.create", [{"public": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk9rPq2xW7vT3bN5mC8dF1hJ4lZ6sA0uE root@nas"}]),
    ("keychaincredential.setup", [{"remote_host_key": "nas ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk9rPq2xW7v"}]),
    (
        "certificate.create",
        [{"certificate": _CERTIFICATE}],
    ),
    (
        "cronjob.create",
        [{"command": "mkdir -pv /mnt/tank/x && find /mnt -path '*/tmp/*' -prune -o -print", "user": "a"}],
    ),
    ("cronjob.create", [{"command": "docker run --rm -p 8080:80 -p8443:443/tcp -u 1000:1000 nginx:1.25", "user": "a"}]),
    ("cronjob.create", [{"command": "rsync -a --delete --port 22 root@nas:/mnt/tank/ /mnt/b", "user": "root"}]),
    ("cronjob.create", [{"command": "rsync --password-file=/root/pw --exclude .cache a::b /mnt/b", "user": "root"}]),
    ("cronjob.create", [{"command": "ssh -p 2222 root@nas zfs list -t snapshot", "user": "root"}]),
    ("alertservice.create", [{"attributes": {"type": "Mail", "email": "mailto:joe@example.com"}, "level": "INFO"}]),
    ("mail.send", [{"subject": "Basic settings and password rules", "text": "The token ring is a bearer of news"}]),
    (
        "app.create",
        [{"values": {"env": [{"name": "TZ", "value": "Europe/Berlin"}, {"name": "PUID", "value": "1000"}]}}],
    ),
    ("app.create", [{"values": {"network": {"web_port": {"port_number": 30013}, "host_network": False}}}]),
    (
        "app.create",
        [{"custom_compose_config_string": "services:\n  web:\n    image: nginx:1.25\n    ports: ['80:80']\n"}],
    ),
    ("app.create", [{"values": {"env": ["PASSWORD=${DB_PASSWORD}", "TZ=UTC"], "token": "${env:TOKEN}"}}]),
    ("app.create", [{"values": {"url": "mysql://app:${env:PW}@db:3306/shop"}}]),
    (
        "cloudsync.create",
        [{"path": "/mnt/tank", "credentials": 3, "attributes": {"bucket": "backup-2024-eu-central-1"}}],
    ),
    ("iscsi.target.create", [{"name": "iqn.2005-10.org.freenas.ctl:vmware-datastore-01", "alias": "vmware"}]),
    ("iscsi.extent.query", [[["naa", "=", "0x6589cfc000000f4b8e2a1d3c5b7f9012"]]]),
    ("nvmet.host.create", [{"hostnqn": "nqn.2014-08.org.nvmexpress:uuid:7f3c9a52-1b0e-4c7d-9a11-0d2f6c1e8b44"}]),
    ("webhook.create", [{"url": "http://nas:5000/images/photo@2x.png", "image": "postgres:16"}]),
    ("sharing.smb.create", [{"path": "/mnt/tank/share", "comment": "Keys to the cellar, see page 5"}]),
    ("user.update", [1, {"password": None, "password_disabled": True, "ssh_password_enabled": False}]),
    ("reporting.get_data", [[{"name": "cpu", "identifier": None}], {"start": 1700000000, "unit": "HOUR"}]),
    ("auth.set_attribute", ["preferences", {"theme": "dark", "sidebar": ["jobs", "alerts"]}]),
    ("auth.sessions", [[["current", "=", False]], {"limit": 5}]),
    ("core.bulk", ["pool.snapshot.delete", [["tank/a@auto-2024-01-05_00-00"], ["tank/a@auto-2024-01-06_00-00"]]]),
]
"""Methods with arguments in which nothing is secret."""


def with_secret(value: Any, secret: str) -> Any:
    """A copy with the secret at the marked places."""
    if isinstance(value, str):
        if value.startswith("{") and MARK in value:  # JSON inside a text
            return json.dumps(with_secret(json.loads(value), secret))
        return value.replace(MARK, secret)
    if isinstance(value, dict):
        return {name: with_secret(member, secret) for name, member in value.items()}
    return [with_secret(item, secret) for item in value] if isinstance(value, list) else value
