/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* Prepared statements: got from the store, bound, stepped, and given back by
 * `g_autoptr(IcStatement)`. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "store/database.h"

typedef struct IcStatement IcStatement;

/* Prepared once and kept. `sql` is a literal: it is known by its address. It may not be got again
 * before it was released. */
IcStatement *ic_statement_get(
        IcStore *store, const char *sql, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* For this time alone. */
IcStatement *ic_statement_new(
        IcStore *store, const char *sql, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void ic_statement_release(IcStatement *statement);
/* Of the kept ones; for the table in IcStore. */
void ic_statement_free(IcStatement *statement);

/* Parameters count from 1. Text and bytes are borrowed until the release; NULL is NULL, and so is a
 * parameter that is not bound. A failure shows when the statement is stepped. */
void ic_statement_bind_null(IcStatement *statement, int index);
void ic_statement_bind_int(IcStatement *statement, int index, gint64 value);
void ic_statement_bind_text(IcStatement *statement, int index, const char *value);
void ic_statement_take_text(IcStatement *statement, int index, char *value); /* given away */
void ic_statement_bind_blob(IcStatement *statement, int index, const void *data, gsize len);
void ic_statement_bind_bytes(IcStatement *statement, int index, GBytes *value);

/* Goes to the next row; *ret_row false after the last. */
bool ic_statement_step(
        IcStatement *statement, bool *ret_row, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* To the end, and ready to be bound and run again. */
bool ic_statement_run(IcStatement *statement, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of the present row; columns count from 0. Borrowed text is valid until the next step. */
int ic_statement_column_count(IcStatement *statement);
const char *ic_statement_column_name(IcStatement *statement, int column);
gint64 ic_statement_int(IcStatement *statement, int column);       /* 0 for NULL */
const char *ic_statement_text(IcStatement *statement, int column); /* NULL for NULL */
char *ic_statement_dup_text(IcStatement *statement, int column);
GBytes *ic_statement_dup_bytes(IcStatement *statement, int column); /* empty for NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IcStatement, ic_statement_release)
