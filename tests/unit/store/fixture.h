/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* A store in a folder of its own, and short ways to fill it and to look into it. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "config/server-config.h"
#include "irc/effects.h"
#include "store/ingest.h"
#include "store/messages.h"
#include "store/servers.h"
#include "store/store.h"

typedef struct {
        char *folder;
        IcStore *store; /* with connection 1 */
} Fixture;

void fixture_setup(Fixture *fixture, gconstpointer unused);
void fixture_teardown(Fixture *fixture, gconstpointer unused);
/* g_test_add() with the above. */
#define fixture_test(path, func)                                                                   \
        g_test_add(path, Fixture, NULL, fixture_setup, func, fixture_teardown)

char *fixture_new_folder(void);
void fixture_remove_tree(const char *path);
IcStore *fixture_open(const char *folder, IcStoreFlags flags);
void fixture_add_server(IcStore *store, uint32_t id, const char *address);

/* The first column of the first row as text, or NULL; by a connection of its own. */
char *fixture_ask(const char *folder, const char *sql);
void fixture_run(const char *folder, const char *sql);
#define assert_sql(folder, sql, expected)                                                          \
        G_STMT_START                                                                               \
        {                                                                                          \
                g_autofree char *answer_ = fixture_ask(folder, sql);                               \
                g_assert_cmpstr(answer_, ==, expected);                                            \
        }                                                                                          \
        G_STMT_END

/* Asserts success of a verb; `error` is a GError * that is NULL. */
#define assert_ok(error, call)                                                                     \
        G_STMT_START                                                                               \
        {                                                                                          \
                bool is_ok_ = (call);                                                              \
                g_assert_no_error(error);                                                          \
                g_assert_true(is_ok_);                                                             \
        }                                                                                          \
        G_STMT_END
#define assert_fails(error, call, code)                                                            \
        G_STMT_START                                                                               \
        {                                                                                          \
                g_assert_false(call);                                                              \
                g_assert_error(error, IC_ERROR, code);                                             \
                g_test_message("%s", (error)->message);                                            \
                g_clear_error(&(error));                                                           \
        }                                                                                          \
        G_STMT_END

/* A PRIVMSG to a channel; of `number` as time. */
IrcEffect *fixture_add_privmsg(
        IrcEffects *effects, const char *channel, const char *sender, const char *content);

/* Runs `func` in a child process, after `prepare` if given; the test fails unless both go through.
 * False, with the test marked as skipped, when `prepare` answers false. */
bool fixture_in_child(
        bool (*prepare)(const char *folder), void (*func)(const char *folder), const char *folder);
