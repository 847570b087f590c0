/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of a channel or of a private conversation. */

#include "store/conversation.h"

#include "store/channels.h"

bool ic_conversation_find(
        IcStore *store, uint32_t server_id, const char *name, IcConversation *ret, GError **error)
{
        *ret = (IcConversation){.server_id = server_id, .peer = name};
        return ic_channels_find(store, server_id, name, &ret->channel_id, error);
}

IcStatement *ic_conversation_select(IcStore *store, const IcConversation *conversation,
        const char *in_channel, const char *in_private, GError **error)
{
        bool is_channel = conversation->channel_id != 0;
        IcStatement *select = ic_statement_get(store, is_channel ? in_channel : in_private, error);

        if (!select)
                return NULL;
        if (is_channel) {
                ic_statement_bind_int(select, 1, conversation->channel_id);
        } else {
                ic_statement_bind_int(select, 1, conversation->server_id);
                ic_statement_bind_text(select, 2, conversation->peer);
        }
        return select;
}
