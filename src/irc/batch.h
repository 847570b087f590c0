/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* The batches that are open (IRCv3 batch): what each is about, and the lines of those that mean
 * something only as a whole. */

#pragma once

#include <glib.h>
#include <stdbool.h>

#include "irc/message.h"

/* What a server can make us keep. Beyond it a batch is taken line by line, as if it were none. */
#define IRC_BATCHES_OPEN_MAX 100
#define IRC_BATCHES_LINES_MAX 10000
#define IRC_BATCHES_BYTES_MAX (8 * 1024 * 1024)

typedef enum {
        IRC_BATCH_OTHER,    /* no type of ours: its lines stand for themselves */
        IRC_BATCH_LABELED,  /* labeled-response: the answer to one command */
        IRC_BATCH_HISTORY,  /* chathistory and its like: lines of the past */
        IRC_BATCH_TARGETS,  /* draft/chathistory-targets */
        IRC_BATCH_NETSPLIT, /* kept as a whole, here and below */
        IRC_BATCH_NETJOIN,
        IRC_BATCH_MULTILINE,
} IrcBatchKind;

typedef struct IrcBatch IrcBatch;
struct IrcBatch {
        char *ref;
        IrcBatchKind kind;
        GStrv params; /* behind the type */
        char *label;  /* of the command that it answers, its own or of the one around it; or NULL */
        bool is_replay;         /* it or one around it is of the past */
        const IrcBatch *parent; /* or NULL */
        bool is_own_label;      /* its end is the end of the answer */
        bool is_overflown;      /* too much came: its lines are kept no more */
        GBytes *opening;        /* its first line, as it came */
        gint64 opened_at;       /* µs since the epoch */
        GPtrArray *lines;       /* IrcKeptLine */
};

typedef struct {
        gint64 now; /* when it came, µs since the epoch */
        gsize len;
        char data[];
} IrcKeptLine;

typedef struct {
        GHashTable *by_ref;
        GPtrArray *in_order; /* borrowed, as they were opened */
        gsize n_lines;
        gsize n_bytes;
} IrcBatches;

void irc_batches_init(IrcBatches *batches);
void irc_batches_clear(IrcBatches *batches);

/* BATCH +<ref> <type> [<param>...], which is in `line`. NULL if it is malformed or one too many. */
const IrcBatch *irc_batches_open(
        IrcBatches *batches, const IrcMessage *message, const char *line, gsize len, gint64 now);
IrcBatch *irc_batches_find(const IrcBatches *batches, const char *ref);
/* The one, itself or around it, that keeps its lines; or NULL. */
IrcBatch *irc_batches_keeper(const IrcBatches *batches, const char *ref);
/* Keeps a line; false if that would be too much, and from then on. */
bool irc_batches_keep(
        IrcBatches *batches, IrcBatch *batch, const char *line, gsize len, gint64 now);
/* Forgets what was kept. */
void irc_batches_drop_lines(IrcBatches *batches, IrcBatch *batch);
/* Ends it: the caller has it. Batches inside go to the one around it. */
IrcBatch *irc_batches_close(IrcBatches *batches, const char *ref);
void irc_batch_free(IrcBatch *batch);

/* All that are open, a(ayxba(ayx)), floating; what cannot be understood is left out. */
GVariant *irc_batches_to_variant(const IrcBatches *batches);
void irc_batches_restore(IrcBatches *batches, GVariant *variant);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(IrcBatch, irc_batch_free)
