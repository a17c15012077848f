"""Who may do what, where: policy languages, each read into the same rights, and only those that a change brings.

One module for each language. What is dangerous in it is data: `policies/knowledge/rights.yaml`.
"""
