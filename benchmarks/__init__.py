"""
What the exporter costs: `python -m benchmarks [NAME...]`, one question a file.

Absolute times belong to a machine; the ratios, to work that anybody would have to do and that is
measured in the same run, can be compared between machines and versions.
"""
