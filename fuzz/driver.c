/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Replays a corpus through a fuzz target without libFuzzer, as an ordinary test under gcc's sanitizers:
 * every seed whole, cut at many lengths, and with single bits flipped. Deterministic. Prints TAP.
 */
#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

enum {
    MOST_VARIANTS = 512 /* of each kind per seed, spread evenly over it */
};

static void
run_once(const guint8 *data, gsize len)
{
    /* an exact-size copy, so that ASan sees one byte too far; never NULL, as libFuzzer promises */
    g_autofree guint8 *input = g_malloc(MAX(len, 1));

    if (len > 0)
        memcpy(input, data, len);
    if (len == 0) {
        g_autofree guint8 *none = g_malloc0(1);
        LLVMFuzzerTestOneInput(none + 1, 0);
        return;
    }
    LLVMFuzzerTestOneInput(input, len);
}

static void
run_variants(const guint8 *data, gsize len)
{
    gsize step = len / MOST_VARIANTS + 1;
    g_autofree guint8 *flipped = g_memdup2(data, len);

    run_once(data, len);
    for (gsize cut = 0; cut < len; cut += step)
        run_once(data, cut);
    for (gsize at = 0; at < len; at += step) {
        guint8 bit = (guint8) (1u << (at * 2654435761u >> 7 & 7));
        flipped[at] ^= bit;
        run_once(flipped, len);
        flipped[at] ^= bit;
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GDir) dir = NULL;
    g_autoptr(GError) error = NULL;
    const char *name;
    guint seeds = 0;

    if (argc != 2 || (dir = g_dir_open(argv[1], 0, &error)) == NULL) {
        g_printerr("usage: %s CORPUS-FOLDER (%s)\n", argv[0],
                   error ? error->message : "none given");
        return 2;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        g_autofree char *data = NULL;
        gsize len;

        if (!g_file_get_contents(path, &data, &len, &error)) {
            g_printerr("%s\n", error->message);
            return 2;
        }
        run_variants((const guint8 *) data, len);
        seeds++;
    }
    if (seeds == 0) {
        g_printerr("%s: no seeds\n", argv[1]);
        return 1;
    }
    return 0;
}
