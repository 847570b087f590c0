/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What happens to rows after they were said: a message is taken back. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "irc/effects.h"
#include "store/store.h"

/* Rows that a list of effects may have looked at to find those that are taken back. */
#define IC_REDACTION_ROWS_MAX 20000u

/* Marks the newest row with the effect's id in its channel or conversation; the row and its text
 * stay. It is looked for from the newest row on, among at most *rows_left, which counts down: one
 * that is older than that stays unmarked. */
bool ic_store_redact(IcStore *store, uint32_t server_id, const IrcEffect *effect, guint *rows_left,
        GError **error) G_GNUC_WARN_UNUSED_RESULT;
