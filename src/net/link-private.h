/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The irc-conn authors */

/* What every kind of link brings along; seen only by the files that implement links. */

#pragma once

#include "net/link.h"

typedef struct {
        bool is_tls;
        /* As in link.h. */
        IcLinkResult (*peek)(IcLink *link, const guint8 **ret_data, gsize *ret_len, GError **error);
        bool (*consume)(IcLink *link, gsize len, GError **error);
        gssize (*write)(IcLink *link, const void *data, gsize len, GError **error);
        void (*shutdown)(IcLink *link);
        /* Frees the kind's own part, then the link itself; the socket is closed by the caller. */
        void (*free)(IcLink *link);

        /* The following are NULL for a kind that buffers nothing above the socket. */

        /* Whether a peek has something to tell that poll() on the socket would not. */
        bool (*has_pending)(const IcLink *link);
        /* Whether output that was taken still waits for the socket, and the try to send it. A
         * failure is told by the next write. */
        bool (*has_unsent)(const IcLink *link);
        void (*flush)(IcLink *link);
} IcLinkOps;

/* The first member of every kind's struct. */
struct IcLink {
        const IcLinkOps *ops;
        int fd;
        char *description;
        char *peer;
        GSource *source; /* NULL unless watched */
        bool wants_read;
        bool wants_write;
};

/* Takes `fd` and `description` over; the socket becomes non-blocking and close-on-exec. */
void ic_link_init(IcLink *link, const IcLinkOps *ops, int fd, char *description);

/* Sets LINK_CLOSED, with the peer and what errno `code` says. */
void ic_link_set_broken(const IcLink *link, int code, GError **error);
