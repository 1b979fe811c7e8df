"""Which skull is for learning, for watching and for testing: names in, one side for each patient out."""

from collections.abc import Iterable, Mapping, Sequence

from SkullRestoreLib.case import InputError

Groups = Sequence[Sequence[str]]


def patients(names: Iterable[str], same_patient: Groups = ()) -> dict[str, int]:
    """Number the patients.

    Parameters
    ----------
    names
        Of all skulls.
    same_patient
        Groups of names that belong to one patient. Groups that share a name are one patient; a name in none is a patient of its own.

    Returns
    -------
    dict
        Patient's number for each name, counted in the order of ``names``.
    """
    names = list(names)
    with_others: dict[str, set[str]] = {name: {name} for name in names}
    for group in same_patient:
        whole = set().union(*(with_others.get(name, {name}) for name in group))
        with_others |= dict.fromkeys(whole, whole)
    number: dict[str, int] = {}
    count = 0
    for name in names:
        if name not in number:
            number |= dict.fromkeys(with_others[name], count)
            count += 1
    return {name: number[name] for name in names}


def make_split(
    intact: Sequence[str], holed: Sequence[str], *, held_out: Sequence[str] = (), same_patient: Groups = ()
) -> dict[str, list[str]]:
    """Share the skulls out. One patient is never on two sides.

    Parameters
    ----------
    intact, holed
        Names of the whole skulls, and of those with one hole, whose truth is not known everywhere.
    held_out
        Names kept for testing; every fifth intact skull, when empty.
    same_patient
        Groups of names that belong to one patient.

    Returns
    -------
    dict
        Names under ``train``, ``valid`` (every ninth of the patients with a single, intact skull) and ``test``. A skull with a hole is used
        for training, or for nothing: of a patient that is held out it is listed under ``test``.

    Raises
    ------
    InputError
        If a name is not that of a skull.
    """
    everything = [*intact, *holed]
    _check_names(everything, {"--held-out": held_out, "--same-patient": [name for group in same_patient for name in group]})
    patient = patients(everything, same_patient)
    kept_out = {patient[name] for name in (held_out or intact[2::5])}
    several = {number for number in patient.values() if sum(p == number for p in patient.values()) > 1}
    single = [name for name in intact if patient[name] not in kept_out | several]
    valid = single[4::9]
    test = [name for name in everything if patient[name] in kept_out]
    train = [name for name in everything if name not in set(valid) and patient[name] not in kept_out]
    return {"train": train, "valid": valid, "test": test}


def folds(names: Sequence[str], same_patient: Groups, count: int) -> dict[str, int]:
    """A fold 0 .. ``count`` - 1 for each name; one patient's skulls share it."""
    return {name: number % count for name, number in patients(names, same_patient).items()}


def _check_names(known: Sequence[str], asked: Mapping[str, Iterable[str]]) -> None:
    for option, names in asked.items():
        strangers = sorted(set(names) - set(known))
        if strangers:
            some = ", ".join(known[:3])
            raise InputError(f"{option} names {', '.join(strangers[:5])}, but no skull is called so; the skulls are called {some}, ...")
