/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The iteration over the changes of a MODE. */

#include "irc/mode.h"

void irc_mode_iter_init(
        IrcModeIter *iter, const IrcIsupport *isupport, const char *const *params, gsize n_params)
{
        *iter = (IrcModeIter){
                .isupport = isupport,
                .letters = n_params > 0 ? params[0] : "",
                .arguments = n_params > 0 ? params + 1 : NULL,
                .n_arguments = n_params > 0 ? n_params - 1 : 0,
                .is_set = true,
        };
}

static bool takes_argument(IrcModeKind kind, bool is_set)
{
        switch (kind) {
        case IRC_MODE_LIST:
        case IRC_MODE_ALWAYS:
        case IRC_MODE_PREFIX:
                return true;
        case IRC_MODE_WHEN_SET:
                return is_set;
        case IRC_MODE_FLAG:
                return false;
        }
        g_assert_not_reached();
}

bool irc_mode_iter_next(IrcModeIter *iter, IrcModeChange *ret_change)
{
        for (; *iter->letters; iter->letters++) {
                char letter = *iter->letters;

                if (letter == '+' || letter == '-') {
                        iter->is_set = letter == '+';
                        continue;
                }
                if (!g_ascii_isalnum(letter))
                        continue;

                *ret_change = (IrcModeChange){
                        .is_set = iter->is_set,
                        .mode = letter,
                        .kind = irc_isupport_mode_kind(iter->isupport, letter),
                };
                if (takes_argument(ret_change->kind, iter->is_set) && iter->n_arguments > 0) {
                        ret_change->argument = *iter->arguments++;
                        iter->n_arguments--;
                }
                iter->letters++;
                return true;
        }
        return false;
}
