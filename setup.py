"""What pyproject.toml cannot say: Resources/ is next to the library in the checkout and inside it in a wheel."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["SkullRestoreLib", "SkullRestoreLib.*"]), "SkullRestoreLib.Resources"],
    package_dir={"SkullRestoreLib.Resources": "Resources"},
    package_data={"SkullRestoreLib": ["py.typed"], "SkullRestoreLib.Resources": ["*", "*/*"]},
    include_package_data=False,
)
