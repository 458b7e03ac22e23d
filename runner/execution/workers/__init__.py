"""A test on several cores: processes of this machine that share its virtual users.

``crew`` is the parent's side and ``worker`` a child's; ``messages`` go between them, ``board`` is memory that all of
them see, ``plan`` says who runs which virtual users.  Nothing outside of ``test_run`` knows of workers.
"""
