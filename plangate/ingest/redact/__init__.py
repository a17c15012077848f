"""Redaction: what leaves ingest holds no secret, so that no later stage can leak one.

A value is held against a ladder, and the first step that says "secret" decides:

1. `sensitivity`: the tool's own marks (`sensitive_values`, a Secret's data).
2. `secrets`: the type of the object and the name that the value stands under.
3. `formats`: the form of the text itself; `ordinary` says what is too ordinary to be a secret.
4. `known_secrets`: a secret that was found anywhere else in the input, as it is, encoded, or as a part of something longer.

`secret_scan` finds the secrets of a whole input before anything is shown, `embedded` reads JSON and YAML inside texts,
`redactor` is the one entrance, `lazy_masked` masks on reading, and `pseudonyms` makes evidence that may be kept.
"""
