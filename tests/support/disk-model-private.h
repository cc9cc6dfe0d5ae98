/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What disk-model.c (a disk that runs) and disk-image.c (what is left of it) share. */
#pragma once

#include "base/lock.h"
#include "support/disk-model.h"

G_BEGIN_DECLS

/* A file or folder while the disk runs. Names and open files each hold a reference. */
typedef struct {
    grefcount refs;
    guint id;
    TwFileKind kind;
    GByteArray *data; /* NULL for a folder */
    gboolean locked;
    gint64 modified_us;
} TwDiskNode;

typedef struct {
    TwDiskEvent kind;
    guint node;      /* the file; for name events the one named */
    char *path, *to; /* for events on names */
    guint64 offset;  /* WRITE; TRUNCATE: the new size */
    GBytes *data;    /* WRITE */
} TwDiskRecord;

/* What the disk held when its trace began. */
typedef struct {
    char *path;
    guint node;
    TwFileKind kind;
    GBytes *data;
} TwDiskBase;

struct TwDisk {
    TwFileSystem fs;
    TwLock lock;       /* guards all below */
    GHashTable *names; /* path -> TwDiskNode */
    GPtrArray *trace;  /* TwDiskRecord */
    GPtrArray *base;   /* TwDiskBase */
    guint next_node;
    guint64 space, used; /* used: bytes in files that are named or open */
    gint64 clock_us;     /* moves one step an event */
};

/* disk-model.c: puts a file or folder on a disk whose trace has not begun */
void tw_disk_add_base(
    TwDisk *disk, const char *path, TwFileKind kind, const guint8 *data, gsize len);

/* disk-image.c: for sorting paths, so that folders come before what is in them */
int tw_disk_compare_paths(gconstpointer a, gconstpointer b);

G_END_DECLS
