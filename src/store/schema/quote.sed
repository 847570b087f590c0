# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors
# Makes lines of SQL the lines of a C string, without its comments.
s/ *--.*//
/^$/d
s/[\\"]/\\&/g
s/.*/"&\\n"/
