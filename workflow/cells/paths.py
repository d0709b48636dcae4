"""Where everything lies: the only place that spells a path under results/."""


def ratio_text(ratio: float) -> str:
    """A ratio as it stands in paths and tables: 1, 0.1, 0.003."""
    return f"{ratio:g}"
