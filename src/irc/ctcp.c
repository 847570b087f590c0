/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* CTCP: \x01 NAME [SP TEXT] [\x01] */

#include "irc/ctcp.h"

#include <string.h>

bool irc_ctcp_parse(const char *text, const char *name, const char **ret_inside, gsize *ret_len)
{
        gsize len = strlen(name);
        const char *inside;

        if (text[0] != '\001' || g_ascii_strncasecmp(text + 1, name, len) != 0)
                return false;
        inside = text + 1 + len;
        if (*inside != ' ' && *inside != '\001' && *inside != '\0')
                return false;
        if (*inside == ' ')
                inside++;
        *ret_inside = inside;
        *ret_len = strlen(inside);
        if (*ret_len > 0 && inside[*ret_len - 1] == '\001')
                (*ret_len)--;
        return true;
}
