"""Short code names for cases: they distinguish cases without naming a patient."""

import secrets

from SkullRestoreLib.settings import Settings

_TREES = (
    "Alder",
    "Birch",
    "Cedar",
    "Elm",
    "Fir",
    "Hazel",
    "Juniper",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
    "Spruce",
    "Willow",
    "Yew",
)


def new_case_code() -> str:
    """Draw a code such as "Elm 27".

    Returns
    -------
    str
        A tree and a number from 10 to 99, drawn at random.

    Examples
    --------
    >>> tree, number = new_case_code().split()
    >>> 10 <= int(number) <= 99
    True
    """
    return f"{secrets.choice(_TREES)} {secrets.randbelow(90) + 10}"


def with_case_code(settings: Settings) -> Settings:
    """Give a case a code where the user gave none.

    Parameters
    ----------
    settings
        What the user chose.

    Returns
    -------
    Settings
        With a case code.

    Examples
    --------
    >>> with_case_code(Settings(case_code="Study-07")).case_code
    'Study-07'
    >>> with_case_code(Settings()).case_code is None
    False
    """
    return settings if settings.case_code is not None else settings.with_changes(case_code=new_case_code())
