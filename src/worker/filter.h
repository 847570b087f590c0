/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The protocol core as a filter, for bug reports and test vectors: each line of standard input is
 * answered by one line of standard output, as soon as it is there.
 *
 *   parse         a raw line -> {"tags":{…},"source":…,"verb":…,"params":[…]}; `source` is null
 * when there is none. What is not UTF-8 is shown with U+FFFD in its place, and then there is
 * "is_utf8":false, too. format        such an object -> a raw line. `tags`, `source` and `params`
 * may be left out. match         {"mask":…,"source":…,"casemapping":"rfc1459"} -> {"matches":true};
 * the last key may be left out. split-source  {"source":"nick!user@host"} ->
 * {"nick":…,"user":…,"host":…}, each null when it is not there.
 *
 * What cannot be answered gets {"error":"…"}. Any bytes may come. */

#pragma once

typedef enum {
        FILTER_PARSE,
        FILTER_FORMAT,
        FILTER_MATCH,
        FILTER_SPLIT_SOURCE,
} FilterMode;

/* Until the end of the input; answers the exit status: 0, or IC_EXIT_STORE when input or output
 * failed. */
int filter_run(FilterMode mode);
