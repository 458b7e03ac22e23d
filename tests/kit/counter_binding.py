"""A binding for init code that wants to know how often it ran before, in whichever interpreter.

import { count } from 'k6/x/count';     // with COUNTER in a file that --module names
count();                                // 1, then 2, ...
"""

from __future__ import annotations

COUNTER = '''
import itertools
from jsbindings.api import Binding, op

class CountBinding(Binding):
    module = "k6/x/count"
    face = """
        import { ops } from 'k6py:kernel';
        const host = ops('k6/x/count');
        export const count = () => host.next();
    """

    @classmethod
    def create_shared(cls):
        return itertools.count(1)

    @op
    def next(self) -> int:
        return next(self.shared)
'''
