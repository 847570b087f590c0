/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The table of last words. The order matters: InspIRCd's throttle calls itself a Z-line, and the
 * reason of a ban may be anything at all. */

#include "irc/closing.h"

#include <glib.h>
#include <string.h>

static const struct {
        const char *words; /* in lower case */
        IcError class;
} table[] = {
        {"attempting to connect too many times", IC_ERROR_THROTTLED},
        {"reconnecting too fast", IC_ERROR_THROTTLED},
        {"connecting too fast", IC_ERROR_THROTTLED},
        {"throttled", IC_ERROR_THROTTLED},
        {"connection throttle", IC_ERROR_THROTTLED},
        {"too many host", IC_ERROR_THROTTLED},
        {"too many connections", IC_ERROR_THROTTLED},
        {"too many simultaneous", IC_ERROR_THROTTLED},
        {"too many unknown connections", IC_ERROR_THROTTLED},
        {"no more connections", IC_ERROR_THROTTLED},
        {"connection limit", IC_ERROR_THROTTLED},
        {"try again later", IC_ERROR_THROTTLED},
        {"trying to reconnect too fast", IC_ERROR_THROTTLED},
        {"k-line", IC_ERROR_BANNED},
        {"g-line", IC_ERROR_BANNED},
        {"z-line", IC_ERROR_BANNED},
        {"d-line", IC_ERROR_BANNED},
        {"kline", IC_ERROR_BANNED},
        {"gline", IC_ERROR_BANNED},
        {"zline", IC_ERROR_BANNED},
        {"akill", IC_ERROR_BANNED},
        {"autokill", IC_ERROR_BANNED},
        {"banned", IC_ERROR_BANNED},
        {"dnsbl", IC_ERROR_BANNED},
        {"killed", IC_ERROR_KILLED},
        {"sasl access only", IC_ERROR_CREDENTIALS},
        {"need to identify via sasl", IC_ERROR_CREDENTIALS},
        {"bad password", IC_ERROR_CREDENTIALS},
        {"password incorrect", IC_ERROR_CREDENTIALS},
        {"password mismatch", IC_ERROR_CREDENTIALS},
        {"invalid password", IC_ERROR_CREDENTIALS},
        {"access denied by configuration", IC_ERROR_CREDENTIALS},
        {"ping timeout", IC_ERROR_PING_TIMEOUT},
        {"registration time", IC_ERROR_REGISTRATION},
        {"access denied", IC_ERROR_REGISTRATION},
        {"not authorized", IC_ERROR_REGISTRATION},
        {"not authorised", IC_ERROR_REGISTRATION},
        {"no authorization", IC_ERROR_REGISTRATION},
        {"excess flood", IC_ERROR_LINK_CLOSED},
        {"sendq exceeded", IC_ERROR_LINK_CLOSED},
        {"shutting down", IC_ERROR_SHUTTING_DOWN},
        {"going down", IC_ERROR_SHUTTING_DOWN},
        {"restarting", IC_ERROR_SHUTTING_DOWN},
};

bool irc_closing_classify(const char *text, IcError *ret_class)
{
        g_autofree char *lower = g_ascii_strdown(text, -1);

        for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
                if (strstr(lower, table[i].words)) {
                        *ret_class = table[i].class;
                        return true;
                }
        }
        return false;
}
