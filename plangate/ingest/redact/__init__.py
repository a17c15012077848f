"""Redaction: what leaves ingest holds no secret, so that no later stage can leak one.

Two passes over an input, both through `redactor.Redactor`. First `secret_scan` finds every secret and adds it to
`known_secrets`. Then each value is masked. A value is hidden by the first of these that says so, in this order:

1. `sensitivity`: the tool's own marks (`sensitive_values`, a Secret's data).
2. `secrets`: the attributes of the resource's type that hold secrets (`secret-attributes.yaml`).
3. `secrets`: the name it stands under, or the name beside it in `{name: ..., value: ...}` (`secret-names.yaml`). `commands`:
   the option before it, or the command, in a list of words.
4. `formats`: the form of the text itself (`secret-formats.yaml`), also of what is `encoded` in it.
5. `known_secrets`: a secret that was found anywhere else in the input, as it is, encoded, or as a part of something longer.

The scan applies 1 to 4: what is hidden in one place is hidden everywhere. Both passes read JSON and YAML inside texts with
`embedded`, base64, gzip and the like with `encoded`, and apply the same steps to what is in them. `plain_values` says what
holds no secret under a secret name, `ordinary` (`secret-ordinary.yaml`) which values are too ordinary to be looked for
elsewhere. `lazy_masked` masks when values are read; `pseudonyms` makes evidence that may be stored.
"""
