"""The colours of the window, light and dark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colors:
    """Every colour of one appearance, as ``#rrggbb``. Text colours keep 4.5:1 on page and panel."""

    dark: bool
    page: str
    panel: str
    surface: str
    field: str
    hover: str
    pressed: str
    selected: str
    border: str
    border_strong: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    warning: str
    warning_soft: str
    danger: str
    danger_soft: str
    tooltip: str
    on_tooltip: str
    part_weights: str
    part_kv_used: str
    part_kv_reserved: str
    part_ours: str
    part_process: str
    part_driver: str
    part_free: str
    request_1: str
    request_2: str
    request_3: str
    request_4: str
    request_5: str
    request_6: str
    request_7: str
    request_8: str


LIGHT = Colors(
    dark=False,
    page="#ffffff",
    panel="#f5f6f6",
    surface="#fafbfb",
    field="#ffffff",
    hover="#eaeced",
    pressed="#dfe3e4",
    selected="#dfeeec",
    border="#e1e4e6",
    border_strong="#b9c0c4",
    text="#1b1f22",
    muted="#59626a",
    faint="#8a939a",
    accent="#0b756d",
    accent_hover="#095f59",
    accent_soft="#e3f2f0",
    on_accent="#ffffff",
    warning="#8a5a00",
    warning_soft="#fdf3dd",
    danger="#b3261e",
    danger_soft="#fcebea",
    tooltip="#22272a",
    on_tooltip="#f3f5f6",
    part_weights="#0b756d",
    part_kv_used="#c2570c",
    part_kv_reserved="#efc6a3",
    part_ours="#3f7fd1",
    part_process="#8a63c9",
    part_driver="#8a939a",
    part_free="#dfe3e4",
    request_1="#0b756d",
    request_2="#c2570c",
    request_3="#3f7fd1",
    request_4="#8a63c9",
    request_5="#b3397a",
    request_6="#5d8a1f",
    request_7="#b08c00",
    request_8="#7a4a2b",
)

DARK = Colors(
    dark=True,
    page="#17191b",
    panel="#111314",
    surface="#1d2022",
    field="#1b1e20",
    hover="#24282b",
    pressed="#2d3236",
    selected="#1d3532",
    border="#2a2f32",
    border_strong="#4a5257",
    text="#e8eaeb",
    muted="#a3abb0",
    faint="#737c82",
    accent="#45c0b1",
    accent_hover="#62d0c2",
    accent_soft="#17302d",
    on_accent="#04211e",
    warning="#e3b04b",
    warning_soft="#2e2614",
    danger="#f28b82",
    danger_soft="#331d1c",
    tooltip="#e8eaeb",
    on_tooltip="#17191b",
    part_weights="#2fa597",
    part_kv_used="#ee8a3c",
    part_kv_reserved="#6b4526",
    part_ours="#5b96e0",
    part_process="#a585dc",
    part_driver="#737c82",
    part_free="#2d3236",
    request_1="#45c0b1",
    request_2="#ee8a3c",
    request_3="#5b96e0",
    request_4="#a585dc",
    request_5="#e07bb0",
    request_6="#95bf55",
    request_7="#d8b93f",
    request_8="#b98a66",
)
