/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Rows of `messages`, as history and search select and read them. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "store/messages.h"
#include "store/statement.h"

#define IC_ROW_COLUMNS                                                                             \
        "m.id, c.name, m.target, m.sender, m.account, m.content, m.message_type, m.is_self,"       \
        " m.msgid, m.sent_at, m.received_at, m.delivery, m.redacted_at, m.redacted_by,"            \
        " m.redaction_reason, m.reply_to, m.context"
#define IC_ROW_TABLES "messages m LEFT JOIN channels c ON c.id = m.channel_id"

GPtrArray *ic_rows_new(void);
/* All rows of a SELECT of IC_ROW_COLUMNS. */
bool ic_rows_read(IcStatement *select, GPtrArray *rows, GError **error) G_GNUC_WARN_UNUSED_RESULT;
