/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Bytes to lines. Whole lines are handed out from the caller's bytes; only what crosses the end of
 * a push is copied, into `carry`. */

#include "irc/framer.h"

#include <string.h>

struct IrcFramer {
        const char *data; /* borrowed: what is left of the last push */
        gsize len;
        GByteArray *carry;   /* the partial line of earlier pushes */
        bool is_carry_given; /* `carry` is the line that next() answered last */
        bool is_dropping;    /* up to the next LF, the rest of an overlong line */
        guint64 dropped;
};

IrcFramer *irc_framer_new(void)
{
        IrcFramer *framer = g_new0(IrcFramer, 1);

        framer->carry = g_byte_array_new();
        return framer;
}

void irc_framer_free(IrcFramer *framer)
{
        if (!framer)
                return;
        g_byte_array_unref(framer->carry);
        g_free(framer);
}

void irc_framer_push(IrcFramer *framer, const void *data, gsize len)
{
        g_assert(framer->len == 0);

        framer->data = data;
        framer->len = len;
}

/* The pushed bytes up to LF, taken from the framer; false if there is no LF. */
static bool take_through_lf(IrcFramer *framer, const char **ret_data, gsize *ret_len)
{
        const char *lf = framer->len > 0 ? memchr(framer->data, '\n', framer->len) : NULL;
        gsize taken;

        if (!lf)
                return false;
        taken = (gsize) (lf - framer->data) + 1;
        *ret_data = framer->data;
        *ret_len = taken - 1;
        framer->data += taken;
        framer->len -= taken;
        return true;
}

static void forget_carry(IrcFramer *framer)
{
        g_byte_array_set_size(framer->carry, 0);
        framer->is_carry_given = false;
}

static void start_dropping(IrcFramer *framer)
{
        forget_carry(framer);
        framer->is_dropping = true;
        framer->dropped++;
}

/* What is left has no LF: it waits for the next push, or belongs to a line that is too long. */
static void carry_rest(IrcFramer *framer)
{
        if (!framer->is_dropping && framer->carry->len + framer->len > IRC_LINE_MAX)
                start_dropping(framer);
        if (!framer->is_dropping && framer->len > 0)
                g_byte_array_append(
                        framer->carry, (const guint8 *) framer->data, (guint) framer->len);
        framer->len = 0;
}

/* One line ended by LF, of which `carry` holds the beginning if there is any; false if there is
 * nothing to hand out. */
static bool finish_line(IrcFramer *framer, const char **line, gsize *len)
{
        gsize total = framer->carry->len + *len;

        if (framer->is_dropping) {
                framer->is_dropping = false;
                return false;
        }
        if (total > IRC_LINE_MAX) {
                framer->dropped++;
                return false;
        }
        if (framer->carry->len > 0) {
                g_byte_array_append(framer->carry, (const guint8 *) *line, (guint) *len);
                framer->is_carry_given = true;
                *line = (const char *) framer->carry->data;
                *len = total;
        }
        if (*len > 0 && (*line)[*len - 1] == '\r')
                (*len)--;
        return *len > 0;
}

bool irc_framer_next(IrcFramer *framer, const char **ret_line, gsize *ret_len)
{
        const char *line;
        gsize len;

        if (framer->is_carry_given)
                forget_carry(framer);
        while (take_through_lf(framer, &line, &len)) {
                if (finish_line(framer, &line, &len)) {
                        *ret_line = line;
                        *ret_len = len;
                        return true;
                }
                forget_carry(framer);
        }
        carry_rest(framer);
        return false;
}

void irc_framer_get_carry(
        const IrcFramer *framer, const void **ret_data, gsize *ret_len, bool *ret_is_dropping)
{
        *ret_data = framer->carry->data;
        *ret_len = framer->is_carry_given ? 0 : framer->carry->len;
        *ret_is_dropping = framer->is_dropping;
}

void irc_framer_restore(IrcFramer *framer, const void *data, gsize len, bool is_dropping)
{
        forget_carry(framer);
        framer->is_dropping = is_dropping;
        if (len > IRC_LINE_MAX)
                start_dropping(framer);
        else if (len > 0)
                g_byte_array_append(framer->carry, data, (guint) len);
}

guint64 irc_framer_get_dropped(const IrcFramer *framer)
{
        return framer->dropped;
}
