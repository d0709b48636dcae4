"""`python -m heads`: list the heads, what they ask of the loader, their twin and their options."""

import heads


def line(name: str) -> str:
    """One line about head `name`: batches, twin, options, first line of its docstring."""
    head = heads.load(name)
    twin = f"twin {head.momentum}" if head.momentum is not None else "no twin"
    summary = (head.__doc__ or "").splitlines()[0]
    return f"{name:12} {head.batches:16} {twin:11} {summary}\n{'':13}{', '.join(heads.options(name))}"


def main() -> None:
    for name in heads.names():
        print(line(name))


if __name__ == "__main__":
    main()
