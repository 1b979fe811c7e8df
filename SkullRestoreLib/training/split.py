"""Split the skulls into training, validation and test, by patient."""

from collections.abc import Iterable, Mapping, Sequence

from SkullRestoreLib.errors import InputError

PatientGroups = Sequence[Sequence[str]]


def number_patients(names: Iterable[str], same_patient: PatientGroups = ()) -> dict[str, int]:
    """Number the patients.

    Parameters
    ----------
    names
        Of all skulls.
    same_patient
        Groups of names that belong to one patient. Groups that share a name are one patient; a name in no group is a
        patient of its own.

    Returns
    -------
    dict
        Patient's number for each name, counted in the order of ``names``.

    Examples
    --------
    >>> number_patients(["a", "b", "c", "d"], [("a", "b"), ("b", "c")])
    {'a': 0, 'b': 0, 'c': 0, 'd': 1}
    """
    names = list(names)
    with_others: dict[str, set[str]] = {name: {name} for name in names}
    for group in same_patient:
        merged = set().union(*(with_others.get(name, {name}) for name in group))
        with_others |= dict.fromkeys(merged, merged)
    number: dict[str, int] = {}
    count = 0
    for name in names:
        if name not in number:
            number |= dict.fromkeys(with_others[name], count)
            count += 1
    return {name: number[name] for name in names}


def make_split(
    intact: Sequence[str], holed: Sequence[str], *, held_out: Sequence[str] = (), same_patient: PatientGroups = ()
) -> dict[str, list[str]]:
    """Split the skulls. One patient is never on two sides.

    Parameters
    ----------
    intact, holed
        Names of the intact skulls, and of those with one defect, whose truth is not known everywhere.
    held_out
        Names kept for testing; every fifth intact skull if empty.
    same_patient
        Groups of names that belong to one patient.

    Returns
    -------
    dict
        Names under ``train``, ``valid`` (every ninth of the remaining patients that have a single, intact skull) and
        ``test``. A skull with a defect is used for training only; if its patient is held out, it is listed under
        ``test``.

    Raises
    ------
    InputError
        If a name is not that of a skull.
    """
    names = [*intact, *holed]
    _check_names(names, {"--held-out": held_out, "--same-patient": [name for group in same_patient for name in group]})
    patient = number_patients(names, same_patient)
    kept_out = {patient[name] for name in (held_out or intact[2::5])}
    several = {number for number in patient.values() if sum(p == number for p in patient.values()) > 1}
    alone = [name for name in intact if patient[name] not in kept_out | several]
    valid = alone[4::9]
    test = [name for name in names if patient[name] in kept_out]
    train = [name for name in names if name not in set(valid) and patient[name] not in kept_out]
    return {"train": train, "valid": valid, "test": test}


def assign_folds(names: Sequence[str], same_patient: PatientGroups, count: int) -> dict[str, int]:
    """Assign a fold to each name; one patient's skulls share it.

    Parameters
    ----------
    names
        Of the skulls.
    same_patient
        Groups of names that belong to one patient.
    count
        Number of folds.

    Returns
    -------
    dict
        Fold, 0 to ``count`` - 1, of each name.
    """
    return {name: number % count for name, number in number_patients(names, same_patient).items()}


def _check_names(known: Sequence[str], wanted: Mapping[str, Iterable[str]]) -> None:
    for option, names in wanted.items():
        strangers = sorted(set(names) - set(known))
        if strangers:
            examples = ", ".join(known[:3])
            raise InputError(
                f"{option} names {', '.join(strangers[:5])}, but no skull is called so; "
                f"the skulls are called {examples}, ..."
            )
