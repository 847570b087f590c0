# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""shellcheck has nothing to say about our shell scripts."""

import subprocess
import sys

import tree

sys.exit(subprocess.run(["shellcheck", *tree.scripts()], check=False).returncode)
