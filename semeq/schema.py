"""The JSON schema of EQ settings, as `EqSettings.to_json` writes them and `from_json` reads them."""

from typing import Any

from semeq.settings import (
    FORMAT,
    GAIN_LIMIT_DB,
    LAYOUT,
    MAX_FREQ_HZ,
    MAX_Q,
    MIN_FREQ_HZ,
    MIN_Q,
    PREAMP_LIMIT_DB,
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "semeq EQ settings",
    "type": "object",
    "required": ["bands"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": FORMAT},
        "preamp_db": {"type": "number", "minimum": -PREAMP_LIMIT_DB, "maximum": PREAMP_LIMIT_DB},
        "bands": {
            "type": "array",
            "minItems": len(LAYOUT),
            "maxItems": len(LAYOUT),
            "prefixItems": [
                {
                    "type": "object",
                    "required": ["kind", "freq_hz", "gain_db"],
                    "additionalProperties": False,
                    "properties": {
                        "kind": {"const": kind},
                        "freq_hz": {"type": "number", "minimum": MIN_FREQ_HZ, "maximum": MAX_FREQ_HZ},
                        "gain_db": {"type": "number", "minimum": -GAIN_LIMIT_DB, "maximum": GAIN_LIMIT_DB},
                        "q": {"type": "number", "minimum": MIN_Q, "maximum": MAX_Q},
                    },
                }
                for kind in LAYOUT
            ],
        },
    },
}
