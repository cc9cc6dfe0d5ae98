/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What changes below the tables: messages, restrictions, the criteria of the search folder. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mapi/message.h"
#include "mapi/tags.h"
#include "store/identity.h"
#include "store/search-folder.h"
#include "store/table-model.h"

guint
model_pick(Model *m, guint n)
{
    return (guint) g_rand_int_range(m->rand, 0, (gint32) n);
}

/* ---- messages ---- */

static const char *const subjects[] = { "apple", "Apple", "(apple", "Re: apple", "AW: Birne",
                                        "Ähre",  "zebra", "'zebra", "cherry",    "" };
static const char *const names[] = { "Ada", "Bob", "Çelik", "Eva", "Zoë" };
static const char *const words[] = { "red", "green", "blue", "grün" };

static void
set_words(Model *m, TwObject *object, guint32 tag)
{
    g_auto(TwListBuilder) builder;
    g_auto(TwBuffer) out = TW_BUFFER_INIT(1 << 20);
    TwPropValue value;
    guint count = 1 + model_pick(m, 3);

    tw_list_builder_init(&builder, tag);
    for (guint i = 0; i < count; i++) {
        const char *word = words[model_pick(m, G_N_ELEMENTS(words))];
        tw_list_builder_add(&builder, word, strlen(word));
    }
    g_assert_true(tw_list_builder_finish(&builder, &out, &value, NULL));
    put_value(object, value);
}

static void
set_long_text(Model *m, TwObject *object, guint32 tag, guint len)
{
    g_autofree char *text = g_malloc(len + 3);

    for (guint i = 0; i < len; i++)
        text[i] = (char) ('a' + (i + m->serial % 3) % 26);
    memcpy(text + len, "ü", 3);
    put_text(object, tag, text);
}

static void
set_property(Model *m, TwObject *object, guint which)
{
    switch (which) {
    case 0:
        put_text(object, PR_SUBJECT, subjects[model_pick(m, G_N_ELEMENTS(subjects))]);
        break;
    case 1:
        put_text(object, PR_SENT_REPRESENTING_NAME, names[model_pick(m, G_N_ELEMENTS(names))]);
        break;
    case 2:
        put_value(object, tw_value_long(PR_IMPORTANCE, model_pick(m, 3)));
        break;
    case 3:
        put_value(object,
                  tw_value_i8(PR_MESSAGE_DELIVERY_TIME,
                              0x01d9000000000000 + (gint64) model_pick(m, 6) * 864000000000));
        break;
    case 4:
        set_words(m, object, model_pick(m, 2) == 0 ? TAG_WORDS : CATEGORIES);
        break;
    case 5:
        put_value(object,
                  tw_value_long(TAG_NUMBER, model_pick(m, 2) != 0 ? model_pick(m, 4) : 0xfffffffe));
        break;
    case 6:
        set_long_text(m, object, PR_SUBJECT, 100 + model_pick(m, 300));
        break;
    case 7:
        set_long_text(m, object, PR_BODY, model_pick(m, 4000));
        break;
    case 8: {
        guint8 bytes[600] = { 0 };
        for (guint i = 0; i < sizeof bytes; i++)
            bytes[i] = (guint8) (i * 7);
        put_value(object, tw_value_bytes(TAG_BYTES, bytes, 1 + model_pick(m, sizeof bytes - 1)));
        break;
    }
    case 9:
        add_recipient(object, 1 + model_pick(m, 2), names[model_pick(m, G_N_ELEMENTS(names))],
                      "x@example.org");
        break;
    default: {
        static const guint32 gone[] = { PR_SUBJECT,    PR_SENT_REPRESENTING_NAME,
                                        PR_IMPORTANCE, PR_MESSAGE_DELIVERY_TIME,
                                        TAG_WORDS,     TAG_NUMBER,
                                        PR_BODY,       CATEGORIES };
        tw_object_remove(object, gone[model_pick(m, G_N_ELEMENTS(gone))]);
    }
    }
}

static void
new_message(Model *m)
{
    g_autoptr(TwObject) object = tw_object_new(TW_OBJECT_MESSAGE);
    TwMessageMake make = { .associated = model_pick(m, 12) == 0 };
    g_autoptr(GBytes) entry_id = NULL;
    g_autoptr(GError) error = NULL;
    TwMessageMade made;

    for (guint i = 0; i < 6; i++) {
        if (model_pick(m, 3) > 0)
            set_property(m, object, model_pick(m, 10));
    }
    if (model_pick(m, 3) == 0) {
        guint32 id[12] = { g_rand_int(m->rand), g_rand_int(m->rand), ++m->serial };
        entry_id = g_bytes_new(id, sizeof id);
        make.entry_id = entry_id;
    }
    m->serial++;
    tw_message_create(m->bed.store, m->folders[model_pick(m, 2)], object, &make, &made, &error);
    g_assert_no_error(error);
    g_array_append_val(m->mids, made.mid);
}

static guint32
any_mid(Model *m, TwMessageRow *ret)
{
    for (guint i = 0; m->mids->len > 0 && i < 20; i++) {
        guint at = model_pick(m, m->mids->len);
        guint32 mid = g_array_index(m->mids, guint32, at);
        if (tw_message_get(m->bed.store, mid, ret, NULL))
            return mid;
        g_array_remove_index_fast(m->mids, at);
    }
    return 0;
}

static void
note_touched(Model *m, guint32 mid)
{
    for (guint i = 0; i < CLIENTS; i++) {
        Client *c = &m->clients[i];
        if (c->cursor == mid)
            c->cursor = 0;
        if (c->bookmarked == mid)
            c->touched = TRUE;
    }
}

static void
save_message(Model *m, guint32 mid)
{
    g_auto(TwMessageRow) row = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(TwObject) object = tw_message_read(m->bed.store, mid, &row, &error);
    guint64 cn;

    g_assert_no_error(error);
    if ((row.state & TW_MESSAGE_DELETED) != 0)
        return;
    set_property(m, object, model_pick(m, 12));
    tw_message_save(m->bed.store, mid, 0, object, 0, &cn, &error);
    g_assert_no_error(error);
}

static void
flag_messages(Model *m, const TwMessageRow *row, guint32 mid)
{
    TwFlagChange change = { 0 };
    TwMessageSet set = { row->folder, &mid, 1 };
    g_autofree guint32 *mids = NULL;

    if (model_pick(m, 4) == 0) {
        guint number;
        g_assert_true(tw_folder_keyword(m->bed.store, row->folder, words[model_pick(m, 4)], TRUE,
                                        &number, NULL));
        tw_flag_change_keyword(&change, number, model_pick(m, 2) == 0);
    } else if (model_pick(m, 3) == 0)
        change.status_set = 1u << model_pick(m, 3);
    else if (model_pick(m, 2) == 0)
        change.flags_set = TW_MSGFLAG_READ;
    else
        change.flags_clear = TW_MSGFLAG_READ;
    if (model_pick(m, 6) == 0) { /* many at once */
        mids = g_memdup2(m->mids->data, m->mids->len * sizeof *mids);
        set.mids = mids;
        set.count = m->mids->len;
        for (guint i = 0; i < set.count; i++)
            note_touched(m, mids[i]);
    }
    g_assert_true(tw_messages_set_flags(m->bed.store, &set, &change, NULL, NULL));
}

static void
move_message(Model *m, const TwMessageRow *row, guint32 mid, gboolean copy)
{
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(TwMessageDone));
    TwMessageSet set = { row->folder, &mid, 1 };
    guint32 to = m->folders[row->folder == m->folders[0] ? 1 : 0];

    if ((row->state & TW_MESSAGE_DELETED) != 0)
        g_assert_true(tw_messages_restore(m->bed.store, &set, done, NULL));
    else if (copy)
        g_assert_true(tw_messages_copy(m->bed.store, &set, to, done, NULL));
    else
        g_assert_true(tw_messages_move(m->bed.store, &set, to, done, NULL));
    for (guint i = 0; i < done->len; i++)
        g_array_append_val(m->mids, g_array_index(done, TwMessageDone, i).new_mid);
}

void
model_change_something(Model *m)
{
    g_auto(TwMessageRow) row = { 0 };
    guint32 mid = any_mid(m, &row);
    TwMessageSet set = { row.folder, &mid, 1 };

    if (mid == 0 || (m->mids->len < MOST_MESSAGES && model_pick(m, 3) == 0)) {
        new_message(m);
        return;
    }
    note_touched(m, mid);
    switch (model_pick(m, m->mids->len < MOST_MESSAGES ? 8 : 11)) {
    case 0:
    case 1:
    case 2:
        save_message(m, mid);
        break;
    case 3:
    case 4:
        flag_messages(m, &row, mid);
        break;
    case 5:
        move_message(m, &row, mid, FALSE);
        break;
    case 6:
        move_message(m, &row, mid, TRUE);
        break;
    default:
        g_assert_true(tw_messages_delete(m->bed.store, &set, model_pick(m, 2) == 0, NULL, NULL));
    }
}

/* ---- restrictions ---- */

static void
add_leaf(Model *m, TwRestrictionBuilder *b)
{
    static const guint fuzzy[] = { TW_FUZZY_SUBSTRING | TW_FUZZY_IGNORE_CASE, TW_FUZZY_PREFIX,
                                   TW_FUZZY_FULL | TW_FUZZY_LOOSE };
    guint8 id[TW_OBJECT_ID_LEN];
    TwPropValue value;

    switch (model_pick(m, 12)) {
    case 10:
        tw_identity_entry_id(&m->bed.store_guid, TW_OBJECT_ID_FOLDER, m->folders[model_pick(m, 2)],
                             id);
        value = tw_value_bytes(PR_PARENT_ENTRYID, id, sizeof id);
        tw_restriction_builder_property(b, TW_RELOP_EQ, PR_PARENT_ENTRYID, &value);
        break;
    case 0:
        value = tw_value_str(PR_SUBJECT, model_pick(m, 2) == 0 ? "a" : "re");
        tw_restriction_builder_content(b, fuzzy[model_pick(m, 3)], PR_SUBJECT, &value);
        break;
    case 1:
        value = tw_value_str(PR_SENT_REPRESENTING_NAME, names[model_pick(m, G_N_ELEMENTS(names))]);
        tw_restriction_builder_property(b, model_pick(m, 6), PR_SENT_REPRESENTING_NAME, &value);
        break;
    case 2:
        tw_restriction_builder_bitmask(b, model_pick(m, 2) == 0, PR_MESSAGE_FLAGS, TW_MSGFLAG_READ);
        break;
    case 3:
        value = tw_value_i8(PR_MESSAGE_DELIVERY_TIME,
                            0x01d9000000000000 + (gint64) model_pick(m, 6) * 864000000000);
        tw_restriction_builder_property(b, model_pick(m, 6), PR_MESSAGE_DELIVERY_TIME, &value);
        break;
    case 4: {
        guint32 tag = model_pick(m, 2) == 0 ? TAG_WORDS : CATEGORIES;
        value = tw_value_str(tag & ~(guint32) TW_PT_MV_FLAG, "green");
        tw_restriction_builder_content(b, TW_FUZZY_FULL, tag, &value);
        break;
    }
    case 5:
        tw_restriction_builder_exist(b, model_pick(m, 2) == 0 ? TAG_NUMBER : PR_BODY);
        break;
    case 6:
        tw_restriction_builder_size(b, model_pick(m, 6), PR_SUBJECT, 5);
        break;
    case 7:
        tw_restriction_builder_begin(b, TW_RES_SUB, TW_RES_RECIPIENTS);
        value = tw_value_str(PR_DISPLAY_NAME, "Eva");
        tw_restriction_builder_property(b, TW_RELOP_EQ, PR_DISPLAY_NAME, &value);
        tw_restriction_builder_end(b);
        break;
    case 8:
        tw_restriction_builder_compare(b, model_pick(m, 6), PR_IMPORTANCE, TAG_NUMBER);
        break;
    case 9:
        value = tw_value_str(PR_BODY, "xyzab");
        tw_restriction_builder_content(b, TW_FUZZY_SUBSTRING, PR_BODY, &value);
        break;
    default:
        value = tw_value_long(PR_IMPORTANCE, model_pick(m, 3));
        tw_restriction_builder_property(b, model_pick(m, 6), PR_IMPORTANCE, &value);
    }
}

static void
add_node(Model *m, TwRestrictionBuilder *b, guint depth)
{
    guint kind = depth > 0 ? model_pick(m, 5) : 4;

    if (kind >= 3) {
        add_leaf(m, b);
        return;
    }
    tw_restriction_builder_begin(b, kind == 0 ? TW_RES_AND : kind == 1 ? TW_RES_OR : TW_RES_NOT, 0);
    for (guint i = 0; i < (kind == 2 ? 1 : 1 + model_pick(m, 3)); i++)
        add_node(m, b, depth - 1);
    tw_restriction_builder_end(b);
}

TwRestriction *
model_make_restriction(Model *m)
{
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(GError) error = NULL;
    TwRestriction *restriction;

    tw_restriction_builder_init(&builder);
    add_node(m, &builder, 2);
    restriction = tw_restriction_builder_finish(&builder, &error);
    g_assert_no_error(error);
    return restriction;
}

/* ---- the search folder ---- */

void
model_wait_for_search(Model *m)
{
    g_autoptr(GError) error = NULL;

    tw_search_folder_wait(m->bed.store, 0, &error);
    g_assert_no_error(error);
}

void
model_set_criteria(Model *m)
{
    TwSearchCriteria criteria = { .folders = m->folders, .folder_count = 2 };
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&m->criteria, tw_restriction_unref);
    m->criteria = model_make_restriction(m);
    criteria.restriction = m->criteria;
    tw_search_folder_set(m->bed.store, m->search, &criteria, TW_SEARCH_SHALLOW, &error);
    g_assert_no_error(error);
    model_wait_for_search(m);
}

/* For leaves alone, and without that, which brute force does not know of. */
TwRestriction *
model_make_find(Model *m, TwRestriction **ret_inner)
{
    g_auto(TwRestrictionBuilder) builder;
    g_autoptr(GRand) saved = g_rand_copy(m->rand);
    TwPropValue leaf = tw_value_long(PR_ROW_TYPE, 1);
    GRand *now;

    *ret_inner = model_make_restriction(m);
    now = m->rand;
    m->rand = saved; /* the same once more */
    tw_restriction_builder_init(&builder);
    tw_restriction_builder_begin(&builder, TW_RES_AND, 0);
    tw_restriction_builder_property(&builder, TW_RELOP_EQ, PR_ROW_TYPE, &leaf);
    add_node(m, &builder, 2);
    tw_restriction_builder_end(&builder);
    m->rand = now;
    return tw_restriction_builder_finish(&builder, NULL);
}
