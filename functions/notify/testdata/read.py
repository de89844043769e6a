"""Reads mails as a mail program does and prints what they say, as JSON: one a line."""
import email, email.header, email.policy, json, sys

for name in sys.argv[1:]:
    with open(name, "rb") as f:
        raw = f.read()
    m = email.message_from_bytes(raw, policy=email.policy.default)
    plain = email.message_from_bytes(raw)  # the policy parts encoded words of a name with a space
    print(json.dumps({
        "to": m["Envelope-To"], "subject": m["Subject"].strip(), "from": str(email.header.make_header(email.header.decode_header(plain["From"]))), "id": m["Message-ID"], "ends": m["List-Unsubscribe"], "post": m["List-Unsubscribe-Post"],
        "auto": m["Auto-Submitted"], "type": m.get_content_type(), "text": m.get_body(("plain",)).get_content(), "html": m.get_body(("html",)).get_content(),
        "defects": [str(d) for part in m.walk() for d in part.defects],
        "longest": max(len(line) for line in raw.split(b"\n")),
    }))
