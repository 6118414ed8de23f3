"""`python -m orchestration.cli`."""

from __future__ import annotations

import sys

from orchestration.cli import main

sys.exit(main())
