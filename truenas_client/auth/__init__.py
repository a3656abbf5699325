"""Signing in, as pure flows.

A flow is a generator. It yields what it needs (a `flow.Request` to be called, a
`flow.OTPRequest` for a one-time password), is sent the answer, or is thrown the error
of the call, and returns a `flow.Login`. Both drivers run the same flows.
"""
