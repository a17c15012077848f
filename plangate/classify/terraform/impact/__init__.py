"""What a change means for running things: effects and traits, from knowledge of resource types.

The knowledge is data (`policies/knowledge`): traits, protection, exposure, risky updates, unique names.
"""

from __future__ import annotations

from plangate.classify.terraform.impact.assess import assess

__all__ = ["assess"]
