/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Property tags 0x8000 to 0xFFFF: address-book ids in the named range.
 *
 * Source: spec/mailbox-layout.md, appendix A. Sorted by id; of several types of one id, the one written plainly comes first.
 * Read through mapi/tags.h, which makes the constants and the table of names from it.
 */
#pragma once

/* clang-format off */
/* Each row: constant, id, type (TW_PT_...), canonical name where it is not the constant's own words. */
#define TW_TAGS_BOOK_LIST(X) \
    X(PR_EMS_AB_FOLDER_PATHNAME, 0x8004, UNICODE, "AddressBookFolderPathname") \
    X(PR_EMS_AB_MANAGER, 0x8005, UNICODE, "AddressBookManagerDistinguishedName") \
    X(PR_EMS_AB_MANAGER_O, 0x8005, OBJECT, "AddressBookManager") \
    X(PR_EMS_AB_HOME_MDB, 0x8006, UNICODE, "AddressBookHomeMessageDatabase") \
    X(PR_EMS_AB_HOME_MDB_O, 0x8006, OBJECT, NULL) \
    X(PR_EMS_AB_HOME_MTA, 0x8007, UNICODE, NULL) \
    X(PR_EMS_AB_HOME_MTA_O, 0x8007, OBJECT, NULL) \
    X(PR_EMS_AB_IS_MEMBER_OF_DL, 0x8008, MV_UNICODE, "AddressBookIsMemberOfDistributionList") \
    X(PR_EMS_AB_IS_MEMBER_OF_DL_T, 0x8008, UNICODE, NULL) \
    X(PR_EMS_AB_IS_MEMBER_OF_DL_O, 0x8008, OBJECT, NULL) \
    X(PR_EMS_AB_MEMBER, 0x8009, MV_UNICODE, "AddressBookMember") \
    X(PR_EMS_AB_MEMBER_O, 0x8009, OBJECT, NULL) \
    X(PR_EMS_AB_MEMBER_T, 0x8009, UNICODE, NULL) \
    X(PR_EMS_AB_AUTOREPLY, 0x800b, BOOLEAN, NULL) \
    X(PR_EMS_AB_OWNER, 0x800c, UNICODE, "AddressBookOwner") \
    X(PR_EMS_AB_OWNER_B, 0x800c, BINARY, NULL) \
    X(PR_EMS_AB_OWNER_O, 0x800c, OBJECT, NULL) \
    X(PR_EMS_AB_KM_SERVER, 0x800d, UNICODE, NULL) \
    X(PR_EMS_AB_KM_SERVER_O, 0x800d, OBJECT, NULL) \
    X(PR_EMS_AB_REPORTS, 0x800e, MV_UNICODE, "AddressBookReports") \
    X(PR_EMS_AB_REPORTS_O, 0x800e, OBJECT, NULL) \
    X(PR_EMS_AB_REPORTS_MV_B, 0x800e, MV_BINARY, NULL) \
    X(PR_EMS_AB_PROXY_ADDRESSES, 0x800f, MV_UNICODE, NULL) \
    X(PR_EMS_AB_HELP_DATA32, 0x8010, BINARY, NULL) \
    X(PR_EMS_AB_TARGET_ADDRESS, 0x8011, UNICODE, "AddressBookTargetAddress") \
    X(PR_EMS_AB_TELEPHONE_NUMBER, 0x8012, MV_UNICODE, NULL) \
    X(PR_EMS_AB_HOME_MDB_BL, 0x8014, MV_UNICODE, NULL) \
    X(PR_EMS_AB_HOME_MDB_BL_O, 0x8014, OBJECT, NULL) \
    X(PR_EMS_AB_PUBLIC_DELEGATES, 0x8015, MV_UNICODE, "AddressBookPublicDelegates") \
    X(PR_EMS_AB_PUBLIC_DELEGATES_O, 0x8015, OBJECT, NULL) \
    X(PR_EMS_AB_PUBLIC_DELEGATES_T, 0x8015, UNICODE, NULL) \
    X(PR_EMS_AB_CERTIFICATE_REVOCATION_LIST, 0x8016, BINARY, NULL) \
    X(PR_EMS_AB_OWNER_BL, 0x8024, MV_UNICODE, "AddressBookOwnerBackLink") \
    X(PR_EMS_AB_OWNER_BL_O, 0x8024, OBJECT, NULL) \
    X(PR_EMS_AB_OWNER_BL_T, 0x8024, UNICODE, NULL) \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_1, 0x802d, UNICODE, "AddressBookExtensionAttribute1") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_2, 0x802e, UNICODE, "AddressBookExtensionAttribute2") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_3, 0x802f, UNICODE, "AddressBookExtensionAttribute3") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_4, 0x8030, UNICODE, "AddressBookExtensionAttribute4") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_5, 0x8031, UNICODE, "AddressBookExtensionAttribute5") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_6, 0x8032, UNICODE, "AddressBookExtensionAttribute6") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_7, 0x8033, UNICODE, "AddressBookExtensionAttribute7") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_8, 0x8034, UNICODE, "AddressBookExtensionAttribute8") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_9, 0x8035, UNICODE, "AddressBookExtensionAttribute9") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_10, 0x8036, UNICODE, "AddressBookExtensionAttribute10") \
    X(PR_EMS_AB_SECURITY_PROTOCOL, 0x8037, MV_BINARY, NULL) \
    X(PR_EMS_AB_PF_CONTACTS, 0x8038, MV_UNICODE, NULL) \
    X(PR_EMS_AB_PF_CONTACTS_O, 0x8038, OBJECT, NULL) \
    X(PR_EMS_AB_HELP_DATA16, 0x803a, BINARY, NULL) \
    X(PR_EMS_AB_HELP_FILE_NAME, 0x803b, UNICODE, NULL) \
    X(PR_EMS_AB_OBJ_DIST_NAME, 0x803c, UNICODE, "AddressBookObjectDistinguishedName") \
    X(PR_EMS_AB_OBJ_DIST_NAME_O, 0x803c, OBJECT, NULL) \
    X(PR_EMS_AB_COMPUTER_NAME, 0x8065, UNICODE, NULL) \
    X(PR_EMS_AB_COUNTRY_NAME, 0x8069, UNICODE, NULL) \
    X(PR_EMS_AB_DELIV_CONT_LENGTH, 0x806a, LONG, "AddressBookDeliveryContentLength") \
    X(PR_EMS_AB_DL_MEM_SUBMIT_PERMS_BL, 0x8073, MV_UNICODE, "AddressBookDistributionListMemberSubmitAccepted") \
    X(PR_EMS_AB_DL_MEM_SUBMIT_PERMS_BL_O, 0x8073, OBJECT, NULL) \
    X(PR_EMS_AB_DOMAIN_DEF_ALT_RECIP, 0x8075, UNICODE, NULL) \
    X(PR_EMS_AB_DOMAIN_DEF_ALT_RECIP_O, 0x8075, OBJECT, NULL) \
    X(PR_EMS_AB_ORGANIZATIONAL_UNIT_NAME, 0x8102, MV_UNICODE, NULL) \
    X(PR_EMS_AB_TEMP_ASSOC_THRESHOLD, 0x8144, LONG, NULL) \
    X(PR_EMS_AB_NETWORK_ADDRESS, 0x8170, MV_UNICODE, "AddressBookNetworkAddress") \
    X(PR_EMS_AB_BRIDGEHEAD_SERVERS, 0x8174, MV_UNICODE, NULL) \
    X(PR_EMS_AB_BRIDGEHEAD_SERVERS_O, 0x8174, OBJECT, NULL) \
    X(PR_EMS_AB_WWW_HOME_PAGE, 0x8175, UNICODE, NULL) \
    X(PR_EMS_AB_POP_CONTENT_FORMAT, 0x8177, UNICODE, NULL) \
    X(PR_EMS_AB_GROUP_BY_ATTR_VALUE_DN, 0x8c1a, UNICODE, NULL) \
    X(PR_EMS_AB_GROUP_BY_ATTR_VALUE_DN_O, 0x8c1a, OBJECT, NULL) \
    X(PR_EMS_AB_MIME_TYPES, 0x8c1c, BINARY, NULL) \
    X(PR_EMS_AB_LDAP_SEARCH_CFG, 0x8c1d, LONG, NULL) \
    X(PR_EMS_AB_ENABLED, 0x8c21, BOOLEAN, NULL) \
    X(PR_EMS_AB_PRESERVE_INTERNET_CONTENT, 0x8c22, BOOLEAN, NULL) \
    X(PR_EMS_AB_ANONYMOUS_ACCOUNT, 0x8c26, UNICODE, NULL) \
    X(PR_EMS_AB_TYPE, 0x8c38, UNICODE, NULL) \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_14, 0x8c60, UNICODE, "AddressBookExtensionAttribute14") \
    X(PR_EMS_AB_EXTENSION_ATTRIBUTE_15, 0x8c61, UNICODE, "AddressBookExtensionAttribute15") \
    X(PR_EMS_AB_X509_CERT, 0x8c6a, MV_BINARY, "AddressBookX509Certificate") \
    X(PR_EMS_AB_TAGGED_X509_CERT, 0x8c6a, MV_BINARY, NULL) \
    X(PR_EMS_AB_OBJECT_GUID, 0x8c6d, BINARY, "AddressBookObjectGuid") \
    X(PR_EMS_AB_PHONETIC_GIVEN_NAME, 0x8c8e, UNICODE, "AddressBookPhoneticGivenName") \
    X(PR_EMS_AB_PHONETIC_SURNAME, 0x8c8f, UNICODE, "AddressBookPhoneticSurname") \
    X(PR_EMS_AB_PHONETIC_DEPARTMENT_NAME, 0x8c90, UNICODE, "AddressBookPhoneticDepartmentName") \
    X(PR_EMS_AB_PHONETIC_COMPANY_NAME, 0x8c91, UNICODE, "AddressBookPhoneticCompanyName") \
    X(PR_EMS_AB_PHONETIC_DISPLAY_NAME, 0x8c92, UNICODE, "AddressBookPhoneticDisplayName") \
    X(PR_EMS_AB_DISPLAY_TYPE_EX, 0x8c93, LONG, "AddressBookDisplayTypeExtended") \
    X(PR_EMS_AB_HAB_SHOW_IN_DEPARTMENTS, 0x8c94, OBJECT, "AddressBookHierarchicalShowInDepartments") \
    X(PR_EMS_AB_ROOM_CONTAINERS, 0x8c96, MV_UNICODE, "AddressBookRoomContainers") \
    X(PR_EMS_AB_ROOM_CONTAINERS_T, 0x8c96, UNICODE, NULL) \
    X(PR_EMS_AB_HAB_PARENT_DEPARTMENT, 0x8c99, OBJECT, "AddressBookHierarchicalParentDepartment") \
    X(PR_EMS_AB_HAB_CHILD_DEPARTMENTS, 0x8c9a, OBJECT, "AddressBookHierarchicalChildDepartments") \
    X(PR_EMS_AB_THUMBNAIL_PHOTO, 0x8c9e, BINARY, "ThumbnailPhoto") \
    X(PR_EMS_AB_ORG_UNIT_ROOT_DN, 0x8ca8, UNICODE, "AddressBookOrganizationalUnitRootDistinguishedName") \
    X(PR_EMS_AB_DL_SENDER_HINT_TRANSLATIONS, 0x8cac, MV_UNICODE, "AddressBookSenderHintTranslations") \
    X(PR_EMS_AB_ENABLE_MODERATION, 0x8cb5, BOOLEAN, "AddressBookModerationEnabled") \
    X(PR_EMS_AB_UM_SPOKEN_NAME, 0x8cc2, BINARY, "SpokenName") \
    X(PR_EMS_AB_AUTH_ORIG, 0x8cd8, OBJECT, "AddressBookAuthorizedSenders") \
    X(PR_EMS_AB_DL_TOTAL_MEMBER_COUNT, 0x8ce2, LONG, "AddressBookDistributionListMemberCount")
/* clang-format on */
