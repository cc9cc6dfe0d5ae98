/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lists of a folder, and its keywords. */
#include "base/error.h"
#include "store/message-private.h"

typedef struct {
    TwStore *store;
    guint32 folder, after;
    TwMessageState state;
    guint max;
    gboolean head, by_uid;
    TwMessageFunc func;
    gpointer data;
} List;

static gboolean
list_tx(TwDbTx *tx, gpointer data, GError **error)
{
    const List *list = data;
    guint32 store = list->store->number;
    g_autoptr(TwFolderRow) folder = tw_sql_folder_get(tx, store, list->folder, error);

    if (folder == NULL)
        return FALSE;
    if (folder->state == TW_FOLDER_PURGING) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u is deleted", folder->id);
        return FALSE;
    }
    if (list->by_uid)
        return tw_sql_msg_list_uid(tx, store, list->folder, list->after, list->max, list->func,
                                   list->data, error);
    return tw_sql_msg_list(tx, store, list->folder, list->state, list->after, list->max, list->head,
                           list->func, list->data, error);
}

gboolean
tw_folder_list(TwStore *store,
               guint32 folder,
               TwMessageState state,
               guint32 after,
               guint max,
               gboolean head,
               TwMessageFunc func,
               gpointer data,
               GError **error)
{
    List list = { store, folder, after, state, max, head, FALSE, func, data };

    return tw_store_read(store, list_tx, &list, error);
}

gboolean
tw_folder_list_uids(TwStore *store,
                    guint32 folder,
                    guint32 after,
                    guint max,
                    TwMessageFunc func,
                    gpointer data,
                    GError **error)
{
    List list = { store, folder, after, TW_MESSAGE_NORMAL, max, FALSE, TRUE, func, data };

    return tw_store_read(store, list_tx, &list, error);
}

/* ---- keywords ---- */

typedef struct {
    TwStore *store;
    guint32 folder;
    const char *name;
    int number;
    TwKeywords *words;
} Words;

static TwKeywords *
load_words(TwDbTx *tx, const Words *words, GError **error)
{
    g_autoptr(GBytes) bytes = tw_sql_keyword_get(tx, words->store->number, words->folder, error);
    gsize len;
    const guint8 *data;

    if (bytes == NULL)
        return NULL;
    data = g_bytes_get_data(bytes, &len);
    return tw_keywords_parse(data, len, error);
}

static gboolean
read_words_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Words *words = data;
    g_autoptr(TwFolderRow) folder =
        tw_sql_folder_get(tx, words->store->number, words->folder, error);

    g_clear_pointer(&words->words, tw_keywords_free);
    if (folder != NULL)
        words->words = load_words(tx, words, error);
    return words->words != NULL;
}

static gboolean
add_word_tx(TwDbTx *tx, gpointer data, GError **error)
{
    Words *add = data;
    g_auto(TwWork) work = { 0 };
    g_autoptr(TwKeywords) words = NULL;
    TwFolderRow *folder;
    guint before;

    if (!tw_work_begin(&work, tx, add->store, error))
        return FALSE;
    folder = tw_work_folder(&work, add->folder, FALSE, error);
    if (folder != NULL)
        words = tw_words_load(&work, folder->id, error);
    if (words == NULL)
        return FALSE;
    before = tw_keywords_count(words);
    add->number = tw_keywords_add(words, add->name, error);
    if (add->number < 0)
        return FALSE;
    if (tw_keywords_count(words) == before)
        return TRUE;
    if (before >= add->store->engine->config.limits.keywords) {
        g_set_error(error, TW_ERROR, TW_ERROR_TOO_BIG, "folder %u has %u keywords", add->folder,
                    before);
        return FALSE;
    }
    return tw_words_keep(&work, folder, words, error) && tw_work_finish(&work, error);
}

gboolean
tw_folder_keyword(TwStore *store,
                  guint32 folder,
                  const char *name,
                  gboolean create,
                  guint *ret_bit,
                  GError **error)
{
    Words words = { .store = store, .folder = folder, .name = name };

    if (!tw_store_read(store, read_words_tx, &words, error))
        return FALSE;
    words.number = tw_keywords_find(words.words, name);
    tw_keywords_free(words.words);
    if (words.number < 0 && !create) {
        g_set_error(error, TW_ERROR, TW_ERROR_NOT_FOUND, "folder %u has no such keyword", folder);
        return FALSE;
    }
    if (words.number < 0 && !tw_store_write(store, 0, FALSE, add_word_tx, &words, error))
        return FALSE;
    *ret_bit = (guint) words.number;
    return TRUE;
}

char **
tw_folder_keywords(TwStore *store, guint32 folder, GError **error)
{
    Words words = { .store = store, .folder = folder };
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (!tw_store_read(store, read_words_tx, &words, error))
        return NULL;
    for (guint i = 0; i < tw_keywords_count(words.words); i++)
        g_ptr_array_add(names, g_strdup(tw_keywords_get_name(words.words, i)));
    g_ptr_array_add(names, NULL);
    tw_keywords_free(words.words);
    return (char **) g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
