/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How much memory does a value of 100 MiB take on its way through a session, and how fast is it beside plain writes of the
 * same bytes with a flush?
 *
 * The bar: it holds a few MiB, whatever its size. Memory is what the process has more at most while the value comes, is
 * saved in a message, and is read back.
 *
 *     bench-session-upload [FOLDER [MIB]]
 */
#include "session.h"

#include "mapi/part.h"
#include "mapi/tags.h"
#include "session/session.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 64 << 10,
};

/* KiB: a line of /proc/self/status. */
static double
status_kib(const char *name)
{
    g_autofree char *text = NULL;
    const char *line;

    bench_must(g_file_get_contents("/proc/self/status", &text, NULL, NULL), NULL);
    line = strstr(text, name);
    bench_must(line != NULL, NULL);
    return g_ascii_strtod(line + strlen(name), NULL);
}

/* From here on the most is what the process has now. */
static double
begin_memory(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    bench_must(fd >= 0 && write(fd, "5", 1) == 1, NULL);
    close(fd);
    return status_kib("VmRSS:");
}

static void
say_memory(const char *name, double before)
{
    g_print("%-44s %10.1f MiB more at most\n", name, (status_kib("VmHWM:") - before) / 1024);
}

static void
fill_piece(guint8 *piece, guint number)
{
    GRand *rand = g_rand_new_with_seed(number);

    for (guint i = 0; i < PIECE; i += 4) {
        guint32 word = g_rand_int(rand);
        memcpy(piece + i, &word, sizeof word);
    }
    g_rand_free(rand);
}

static double
write_plainly(const char *folder, guint pieces)
{
    g_autofree char *path = g_build_filename(folder, "plain", NULL);
    g_autofree guint8 *piece = g_malloc(PIECE);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    double start;

    bench_must(fd >= 0, NULL);
    fill_piece(piece, 0);
    start = bench_now();
    for (guint i = 0; i < pieces; i++)
        bench_must(write(fd, piece, PIECE) == PIECE, NULL);
    bench_must(fsync(fd) == 0, NULL);
    close(fd);
    g_unlink(path);
    return bench_now() - start;
}

typedef struct {
    BenchSession local;
    TwGuid store;
    guint32 folder, value, message;
    guint pieces;
} Bench;

static double
upload(Bench *bench)
{
    g_auto(TwValueBeginArgs) begin = { .store = bench->store };
    g_auto(TwValueFinishArgs) finish = { 0 };
    g_autofree guint8 *piece = g_malloc(PIECE);
    g_autoptr(GError) error = NULL;
    double start = bench_now();

    bench_must(tw_session_value_begin(bench->local.session, &begin, &error), &error);
    for (guint i = 0; i < bench->pieces; i++) {
        g_autoptr(GBytes) bytes = NULL;
        g_auto(TwValueWriteArgs) put = { .value = begin.value };
        piece[i % PIECE] = (guint8) i; /* no two values are equal */
        bytes = g_bytes_new(piece, PIECE);
        put.bytes = bytes;
        bench_must(tw_session_value_write(bench->local.session, &put, &error), &error);
    }
    finish.value = bench->value = begin.value;
    bench_must(tw_session_value_finish(bench->local.session, &finish, &error), &error);
    return bench_now() - start;
}

static GBytes *
data_path(void)
{
    TwPart part = { 0 };

    tw_part_push(&part, TW_PART_ATTACHMENT, 0);
    tw_part_push(&part, TW_PART_PROPERTY, PR_ATTACH_DATA_BIN >> 16);
    return g_bytes_new(part.bytes, part.len);
}

static void
save(Bench *bench)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    TwObject *attachment = tw_object_add(object, TW_OBJECT_ATTACHMENT, 0, NULL);
    TwPropValue method = tw_value_long(PR_ATTACH_METHOD, 1);
    TwPropValue class = tw_value_str(PR_MESSAGE_CLASS, "IPM.Note");
    g_autoptr(GBytes) path = data_path();
    TwValueUse use = { .path = path, .tag = PR_ATTACH_DATA_BIN, .value = bench->value };
    g_auto(TwMessageCreateArgs) create = {
        .store = bench->store, .folder = bench->folder, .object = object, .values = { &use, 1 }
    };
    g_autoptr(GError) error = NULL;

    bench_must(tw_object_set(attachment, &method, NULL) && tw_object_set(object, &class, NULL),
               NULL);
    bench_must(tw_session_message_create(bench->local.session, &create, &error), &error);
    bench->message = create.made.mid;
}

static void
read_back(Bench *bench)
{
    g_autoptr(GBytes) path = data_path();
    guint64 offset = 0, len = 1;

    while (offset < len) {
        g_auto(TwValueReadArgs) read = { .store = bench->store,
                                         .message = bench->message,
                                         .path = path,
                                         .offset = offset,
                                         .most = PIECE };
        g_autoptr(GError) error = NULL;
        bench_must(tw_session_value_read(bench->local.session, &read, &error), &error);
        offset += g_bytes_get_size(read.bytes);
        len = read.len;
    }
    bench_must(len == (guint64) bench->pieces * PIECE, NULL);
}

int
main(int argc, char **argv)
{
    g_autofree char *path = argc > 1 && argv[1][0] != '\0'
                                ? g_strdup(argv[1])
                                : g_dir_make_tmp("bench-session-upload-XXXXXX", NULL);
    guint mib = argc > 2 ? (guint) atoi(argv[2]) : 100;
    Bench bench = { .pieces = mib * ((1 << 20) / PIECE) };
    g_auto(TwStoreCreateArgs) make = { .user = TW_DIRECTORY_SYSTEM, .kind = TW_STORE_PRIVATE };
    g_autoptr(GError) error = NULL;
    double before, took, plain;

    bench_session_create(path);
    bench_session_open(&bench.local, path);
    bench_must(tw_session_store_create(bench.local.session, &make, &error), &error);
    bench.store = make.store;
    bench.pieces = 16 * ((1 << 20) / PIECE); /* buffers that are kept for the next one */
    upload(&bench);
    save(&bench);
    bench.pieces = mib * ((1 << 20) / PIECE);
    before = begin_memory();
    took = upload(&bench);
    say_memory("a value on its way in", before);
    before = begin_memory();
    save(&bench);
    say_memory("saved in a message", before);
    before = begin_memory();
    read_back(&bench);
    say_memory("read back in pieces", before);
    plain = write_plainly(path, bench.pieces);
    g_print("%-44s %10.1f MiB/s  %.2f of plain writes with a flush (%.1f)\n", "upload", mib / took,
            plain / took, mib / plain);
    bench_session_close(&bench.local);
    return 0;
}
