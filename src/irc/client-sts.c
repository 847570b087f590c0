/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* STS (IRCv3 sts): the server's word that it is to be reached by TLS only. The policy is the
 * caller's to store, for the name that it dialled; here it is only read.
 *
 *   link  | value                 | what comes of it
 *   ------+-----------------------+-------------------------------------------------------------
 *   plain | port=N                | the effect (an upgrade), and the end: dial N with TLS
 *   TLS   | duration=S[,preload]  | the effect: store it, for S seconds; 0: forget it
 *   any   | anything else         | nothing
 */

#include <string.h>

#include "irc/client-private.h"

typedef struct {
        guint64 port;
        guint64 duration;
        bool has_duration;
        bool is_preload;
} Policy;

static void read_item(const char *item, Policy *policy)
{
        if (g_str_has_prefix(item, "port=")) {
                if (!g_ascii_string_to_unsigned(
                            item + strlen("port="), 10, 1, G_MAXUINT16, &policy->port, NULL))
                        policy->port = 0;
        } else if (g_str_has_prefix(item, "duration=")) {
                policy->has_duration = g_ascii_string_to_unsigned(item + strlen("duration="), 10, 0,
                        G_MAXINT64 / G_USEC_PER_SEC, &policy->duration, NULL);
        } else if (g_str_equal(item, "preload")) {
                policy->is_preload = true;
        }
}

static void add_effect(const Policy *policy, bool is_upgrade, IrcEffects *effects)
{
        IrcEffect *effect = irc_effects_add(effects, IRC_EFFECT_STS);

        effect->sts.is_upgrade = is_upgrade;
        effect->sts.port = is_upgrade ? (guint16) policy->port : 0;
        effect->sts.duration = is_upgrade ? 0 : (gint64) policy->duration;
        effect->sts.is_preload = !is_upgrade && policy->is_preload;
}

/* Whether registration may go on. */
bool irc_client_heed_sts(IrcClient *client, IrcEffects *effects)
{
        const char *value = irc_caps_get_value(client->caps, "sts");
        g_auto(GStrv) items = NULL;
        g_autofree char *text = NULL;
        Policy policy = {};

        if (!client->is_sts_followed || !value || g_strcmp0(value, client->sts) == 0)
                return true;
        g_free(client->sts);
        client->sts = g_strdup(value);
        items = g_strsplit(value, ",", -1);
        for (gsize i = 0; items[i]; i++)
                read_item(items[i], &policy);

        if (client->is_secure) {
                if (policy.has_duration)
                        add_effect(&policy, false, effects);
                return true;
        }
        if (policy.port == 0)
                return true;
        add_effect(&policy, true, effects);
        text = g_strdup_printf(
                "the server is to be reached by TLS, on port %u (STS)", (unsigned) policy.port);
        irc_client_close(client, IC_ERROR_TLS, text, effects);
        return false;
}
