"""Redaction: what leaves ingest holds no secret, so that no later stage can leak one.

Two passes over an input, both through `redactor.Redactor`. First `secret_scan` finds every secret and adds it to
`known_secrets`. Then each value is masked. A value is hidden by the first of these that says so, in this order:

1. `sensitivity`: the tool's own marks (`sensitive_values`, a Secret's data).
2. `secrets`: the attributes of the resource's type that hold secrets (`secret-attributes.yaml`).
3. `secrets`: the name it stands under, the option before it in a list of words, or the name beside it in
   `{name: ..., value: ...}` (`secret-names.yaml`).
4. `formats`: the form of the text itself (`secret-formats.yaml`).
5. `known_secrets`: a secret that was found anywhere else in the input, as it is, encoded, or as a part of something longer.

The scan applies 1 to 3, and of 4 the formats with `learn: true`. Both passes read JSON and YAML inside texts with `embedded`
and apply the same steps to what is in them; masking looks into base64 too. `ordinary` (`secret-ordinary.yaml`) says which
values are too ordinary to be looked for elsewhere. `lazy_masked` masks when values are read; `pseudonyms` makes evidence that
may be stored.
"""
