/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* ListBlocked, Block, Unblock, and what a block means to the other methods. Handlers of methods;
 * the arguments are read here. */

#pragma once

#include "controller/controller.h"
#include "store/blocklist.h"
#include "store/servers.h"

/* The longest block but one for good. */
#define IC_BLOCK_SECONDS_MAX (3650u * 24u * 3600u)

int ic_blocklist_list(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_blocklist_block(IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);
int ic_blocklist_unblock(
        IcController *controller, sd_bus_message *message, sd_bus_error *ret_error);

/* BLOCKED: until when (local time) and why server `row` is blocked, and what lifts it. */
GError *ic_blocklist_error(const IcBlock *block, const IcServerRow *row);

/* Lifts a block that was made because the server refused our credentials: they are others now.
 * `ret_is_lifted`: there was such a block. */
bool ic_blocklist_forgive(
        IcStore *store, uint32_t id, bool *ret_is_lifted, GError **error) G_GNUC_WARN_UNUSED_RESULT;
