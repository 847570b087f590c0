/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* SASLprep, as libidn does it: the library that servers' services use, too. */

#include "irc/saslprep.h"

#include <stddef.h>
#include <stringprep.h>

char *irc_saslprep(const char *text)
{
        char *prepared = NULL;

        /* No flag: a query string (RFC 3454 section 7), in which characters newer than Unicode 3.2
         * are let through as they are. What comes is of malloc(), as all that g_free() takes. */
        if (stringprep_profile(text, &prepared, "SASLprep", 0) != STRINGPREP_OK)
                return NULL;
        return prepared;
}
