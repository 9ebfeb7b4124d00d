"""A local Instagram: a seeded world behind the private API's wire format, for the demo, the tests and the benchmarks.

The unmodified client reaches it through its production settings: an account's proxy and a CA file. Nothing here imports
the product, so that its truth cannot repeat the product's mistakes.
"""
