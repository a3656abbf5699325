"""Signing in, as pure flows.

A flow is a generator. It yields a step (a `flow.Request` to call, a `flow.OTPRequest`
for a one-time password, a `flow.Derivation` of keys). The driver sends it the answer, or
throws in the error of the call. At the end it returns a `flow.Login`. All drivers run the
same flows.
"""
