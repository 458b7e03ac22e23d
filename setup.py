"""Which packages there are; everything else about them is in setup.cfg.

setup.cfg can find packages or rename one, but not both: the folder vendor/ is installed as ``k6py_vendor``.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["runner*", "jsbindings*"]), "k6py_vendor"],
    package_dir={"k6py_vendor": "vendor"},
)
