import json

import standardwebhooks
import svix
from referee import call, equal, refused, test, true

from .hub import ask, endpoint

PAYLOAD = {"name": "Zoë 🦀", "amount": 1.5, "nested": {"empty": None, "list": [1, 2]}}


def payload(given, body):
    """One of the two answers the payload, the other one nothing: what counts is that it does not raise."""
    return json.loads(body) if given is None else given


LIBRARIES = {
    "standardwebhooks": (standardwebhooks.Webhook, standardwebhooks.WebhookVerificationError),
    "svix": (svix.Webhook, svix.WebhookVerificationError),
}


def believes(library, Webhook, _error):
    @test(f"{library} believes what the hub sends")
    def _():
        with endpoint() as (told, made):
            body, headers = told(PAYLOAD)
            webhook = Webhook(made["signing"]["secret"])
            call(f"{library}, verify", lambda: webhook.verify(body, headers),
                 lambda given: equal(payload(given, body), PAYLOAD))


def refuses(library, Webhook, error):
    @test(f"{library} refuses what was changed, is old, or is signed with another secret")
    def _():
        with endpoint() as (told, made):
            body, headers = told(PAYLOAD)
            old = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 600)}
            webhook, other = Webhook(made["signing"]["secret"]), Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            for what, verifier, changed, with_headers in [
                ("another body", webhook, body.replace(b"1.5", b"1.6"), headers),
                ("another id", webhook, body, {**headers, "webhook-id": "msg_1"}),
                ("an old timestamp", webhook, body, old),
                ("another secret", other, body, headers),
            ]:
                refused(f"{library}, {what}", error, lambda v=verifier, b=changed, h=with_headers: v.verify(b, h),
                        lambda why: true(str(why)))


def rotates(library, Webhook, _error):
    @test(f"{library} believes with the old and the new secret while they rotate")
    def _():
        with endpoint() as (told, made):
            rotated = ask("POST", f"/v1/endpoints/{made['id']}/secrets", {"overlap": "1h"})
            body, headers = told(PAYLOAD)
            for which, secret in [("old", made["signing"]["secret"]), ("new", rotated["secret"])]:
                call(f"{library}, verify with the {which} secret", lambda s=secret: Webhook(s).verify(body, headers),
                     lambda given: equal(payload(given, body), PAYLOAD))


for name, (webhook_class, verification_error) in LIBRARIES.items():
    for register in (believes, refuses, rotates):
        register(name, webhook_class, verification_error)
