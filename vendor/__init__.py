"""Modules that scripts import by URL, found here instead of on the network; see README.md.

Installed as the package ``k6py_vendor``, so that runner/script/vendor.py finds the files wherever k6py is
installed.  Holds no Python code.
"""
