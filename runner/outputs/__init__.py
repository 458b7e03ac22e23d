"""Where single samples go while the test runs (``--out``)."""
