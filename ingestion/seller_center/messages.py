"""The sentences of the reader, in English and 中文.

Every problem has one sentence that says what is wrong and one that says what to do. Where it is (file, sheet,
row, column) is put before them, in the words of whoever looks at the file in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from home.text import one_line

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

PROBLEMS: Mapping[str, Mapping[Language, str]] = {
    # Of the import: whose a file is, and what its rows say.
    "unreadable": {
        "en": "the file can't be read ({reason}). Close it in other programs and check its permissions.",
        "zh": "无法读取文件（{reason}）。请关闭占用它的程序并检查权限。",
    },
    "no_shop": {
        "en": "no shop is known yet. Say whose file it is: --shop ID --region GB --name NAME.",
        "zh": "还没有已知的店铺。请指明：--shop 店铺ID --region 市场 --name 店名。",
    },
    "which_shop": {
        "en": "the file does not say whose it is, and more than one shop or none fits. Say --shop ID, or put it into a "
        "folder named by the shop's id. Known: {known}.",
        "zh": "文件没有说明属于哪个店铺，符合的店铺不止一个或没有。请加 --shop 店铺ID，或放入以店铺 ID 命名的文件夹。"
        "已知店铺：{known}。",
    },
    "unknown_folder": {
        "en": "the folder '{folder}' is named after no shop or ads account that is known. Rename it to the id, or make "
        "the shop known once: ttkpi import FILE --shop {folder} --region GB.",
        "zh": "文件夹“{folder}”不是已知店铺或广告账户的 ID。请改名，或先登记店铺：ttkpi import 文件 --shop {folder} "
        "--region 市场。",
    },
    "no_account": {
        "en": "a report of an ads account, and none is known yet. Say whose it is: --advertiser ID --time-zone ZONE.",
        "zh": "这是广告账户的报表，但还没有已知的广告账户。请指明：--advertiser 账户ID --time-zone 时区。",
    },
    "which_account": {
        "en": "a report of an ads account, and the file does not say of which. Say --advertiser ID. Known: {known}.",
        "zh": "这是广告账户的报表，但文件没有说明是哪个账户。请加 --advertiser 账户ID。已知账户：{known}。",
    },
    "another_currency": {
        "en": "no amount is in {currency}, the currency of shop {shop}; they are in {found}. It is another shop's "
        "file, and nothing of it is loaded.",
        "zh": "没有一个金额是店铺 {shop} 的币种 {currency}，而是 {found}。这是其他店铺的文件，未导入任何内容。",
    },
    "wrong_shop": {
        "en": "it looks like a file of another shop than {shop}, and nothing of it is loaded. What differs is said "
        "below. Choose the right shop; if {shop} is right all the same: ttkpi import FILE --shop {key} --trust-shop.",
        "zh": "看起来不是店铺 {shop} 的文件，未导入任何内容，差异见下。请选择正确的店铺；如果确认是 {shop}，请运行："
        "ttkpi import 文件 --shop {key} --trust-shop。",
    },
    "ids_of_another": {
        "en": "of {count} {what_en} that were looked up, {other_count} are known of shop {other} and {own_count} of "
        "shop {shop}.",
        "zh": "核对了 {count} 个{what_zh}：{other_count} 个属于店铺 {other}，{own_count} 个属于店铺 {shop}。",
    },
    "ids_of_nobody": {
        "en": "none of its {count} {what_en} is in the list of products of shop {shop}.",
        "zh": "其中 {count} 个{what_zh}都不在店铺 {shop} 的商品列表中。",
    },
    "sent_to_another": {
        "en": "its orders go to {found}, and shop {shop} sells in {own}.",
        "zh": "订单的收货国家是 {found}，而店铺 {shop} 的市场是 {own}。",
    },
    "language_of_another": {
        "en": "its words are in {language_en}, the language of {found}, and shop {shop} sells in {own}.",
        "zh": "文件用的是{language_zh}（{found} 的语言），而店铺 {shop} 的市场是 {own}。",
    },
    "clock_of_another": {
        "en": "it says that its clock is UTC{found}, and that of shop {shop} is {own}.",
        "zh": "文件写明时区为 UTC{found}，而店铺 {shop} 的时区是 {own}。",
    },
    "of_another_shop": {
        "en": "the same content was imported for shop {shop} before. One of the two is a mistake; nothing is loaded.",
        "zh": "同样的内容已为店铺 {shop} 导入过。两次中有一次指错了店铺，未导入任何内容。",
    },
    "no_period": {
        "en": "the figures are of a period, and neither the file nor its name says which. Keep the name that it was "
        "downloaded under.",
        "zh": "这是某一时段的汇总数据，但文件内容和文件名都没有说明时段。请保留下载时的文件名。",
    },
    "unknown_word": {
        "en": "we don't know the word '{value}'. What it tells is set aside; tell us what it means.",
        "zh": "不认识“{value}”这个词，相关内容已隔离。请告诉我们它的含义。",
    },
    "row_without_id": {
        "en": "nothing here says what the row is about ('{value}'). The row is set aside.",
        "zh": "无法判断该行属于什么（“{value}”），该行已隔离。",
    },
    "row_without_quantity": {
        "en": "no quantity. The order is set aside, as it would look complete without the row.",
        "zh": "没有数量。缺了这一行订单会不完整，因此整单已隔离。",
    },
    "order_incomplete": {
        "en": "order {value} is set aside because of another of its rows.",
        "zh": "订单 {value} 因其另一行有问题而被隔离。",
    },
    "not_settled": {
        "en": "'{value}' names no statement or no day of its settlement. The row is set aside.",
        "zh": "“{value}”没有结算单号或结算日期，该行已隔离。",
    },
    "empty_file": {
        "en": "the file is empty. Download it again.",
        "zh": "文件是空的。请重新下载。",
    },
    "damaged_file": {
        "en": "the file can't be opened as a workbook ({reason}). Download it again; don't rename its ending.",
        "zh": "无法作为工作簿打开（{reason}）。请重新下载，不要改后缀名。",
    },
    "protected_file": {
        "en": "the workbook has a password. Save it without one, or download it again.",
        "zh": "工作簿有密码。请去掉密码另存，或重新下载。",
    },
    "too_large_file": {
        "en": "the file is larger than any export that we know ({reason}). Download it again, for a shorter time if "
        "need be.",
        "zh": "文件超过任何已知导出的大小（{reason}）。请重新下载，必要时缩短时间范围。",
    },
    "file_kills_reader": {
        "en": "the file could not be read with {reason} of memory, and the reader was ended. Nothing of it is loaded. "
        "Download it again, for a shorter time if need be; if it was edited, clear the cells far outside of the table.",
        "zh": "用 {reason} 内存仍无法读取该文件，读取进程已结束，未导入任何内容。请重新下载（必要时缩短时间范围）；"
        "如果编辑过，请清除表格之外很远处的单元格。",
    },
    "file_takes_too_long": {
        "en": "the file could not be read in {reason} s, and the reader was ended. Nothing of it is loaded. Download "
        "it again, for a shorter time if need be.",
        "zh": "{reason} 秒内无法读完该文件，读取进程已结束，未导入任何内容。请重新下载，必要时缩短时间范围。",
    },
    "unexpected": {
        "en": "reading the file ended with an error that we did not expect ({reason}). Nothing of it is loaded. Please "
        "report it.",
        "zh": "读取该文件时发生意外错误（{reason}），未导入任何内容。请反馈给我们。",
    },
    "no_table": {
        "en": "this is no CSV and no workbook ({reason}). Download it again; a CSV that another program has written "
        "must be UTF-8.",
        "zh": "这不是 CSV，也不是工作簿（{reason}）。请重新下载；其他程序写出的 CSV 须为 UTF-8 编码。",
    },
    "packed_file": {
        "en": "this is a packed archive ({reason}), and archives are not unpacked. Unpack it, and import the CSV and "
        "XLSX files that are in it.",
        "zh": "这是压缩包（{reason}），不会自动解压。请先解压，再导入其中的 CSV 和 XLSX 文件。",
    },
    "other_kind": {
        "en": "this is a file of the kind {reason}, and only CSV and XLSX are read. Download the report again as CSV "
        "or XLSX.",
        "zh": "这是 {reason} 文件，而只能读取 CSV 和 XLSX。请重新下载 CSV 或 XLSX 格式的报表。",
    },
    "document_folder": {
        "en": "this is a folder that holds one document or program ({reason}), and nothing in it was read. Open it and "
        "export it as CSV or XLSX, or download the report again.",
        "zh": "这是由一个文件夹构成的文档或程序（{reason}），其中内容未读取。"
        "请打开后导出为 CSV 或 XLSX，或重新下载报表。",
    },
    "unfinished_file": {
        "en": "this download was never finished: nothing has changed in it for a day. Download the file again.",
        "zh": "该下载没有完成：一天内没有任何变化。请重新下载该文件。",
    },
    "broken_csv": {
        "en": "the CSV is damaged ({reason}). Download it again.",
        "zh": "CSV 已损坏（{reason}）。请重新下载。",
    },
    "encoding_guessed": {
        "en": "the text is not UTF-8; it was read as {encoding}. Look whether names and status words are right, "
        "or download the file again and don't save it from a spreadsheet.",
        "zh": "文本不是 UTF-8，已按 {encoding} 读取。请检查名称和状态是否正确，或重新下载且不要用表格软件另存。",
    },
    "unknown_layout": {
        "en": "no row looks like the header of an export we know. Is it an export of Seller Center, Affiliate "
        "Center or Ads Manager, as it was downloaded? Download it again with the interface in English. "
        "A workbook of `ttkpi inputs export` goes in by `ttkpi inputs import`.",
        "zh": "没有一行像我们认识的导出表头。这是卖家中心、联盟中心或广告管理平台的原始导出文件吗？"
        "请把界面语言改为英语后重新下载。`ttkpi inputs export` 的工作簿用 `ttkpi inputs import` 导入。",
    },
    "not_recognised": {
        "en": "no row is the header of an export we know. The closest is '{layout_en}' with {found} of its "
        "columns; needed and missing: {missing}. Download it again with all columns and the interface in English.",
        "zh": "没有一行是我们认识的导出表头。最接近的是“{layout_zh}”，有其中 {found} 列；缺少必需列：{missing}。"
        "请选择全部列、把界面语言改为英语后重新下载。",
    },
    "not_loaded": {
        "en": "this is {layout_en}",
        "zh": "这是{layout_zh}",
    },
    "sheet_not_used": {
        "en": "this sheet is not used: no export we know has such a header.",
        "zh": "未使用此工作表：没有我们认识的表头。",
    },
    "sheet_left_out": {
        "en": "this sheet looks like '{layout_en}' ({found} of its columns; needed and missing: {missing}) "
        "and can't be "
        "read, so that it is left out; the other sheets are loaded. Tell us the new names of its columns; "
        "the same file "
        "can be imported again afterwards.",
        "zh": "此工作表像是“{layout_zh}”（有其中 {found} 列；缺少必需列：{missing}），无法读取，已略过；"
        "其他工作表照常导入。"
        "请告诉我们新的列名，之后可再次导入同一文件。",
    },
    "missing_column": {
        "en": "the column is missing, and without it the file would be half read. Nothing of the file is loaded. "
        "Download it again with all columns; if the platform renamed the column, tell us its new name.",
        "zh": "缺少此列，否则只能读到一半，因此整个文件都不导入。请下载全部列；如果平台改了列名，请告诉我们新名称。",
    },
    "duplicate_column": {
        "en": "means the same as the column '{first}', and only one of them can be right. Nothing of the file is "
        "loaded. Remove the wrong one.",
        "zh": "与列“{first}”含义相同，只能有一个是对的，因此整个文件都不导入。请删除错误的一列。",
    },
    "column_twice": {
        "en": "the column stands twice, as '{first}' as well, with the same values in all rows: it is one column.",
        "zh": "该列出现两次（另一列为“{first}”），各行值相同，按一列处理。",
    },
    "unknown_column": {
        "en": "a column we don't know has amounts in {count} rows (first in rows {rows}). It is set aside and counts "
        "nowhere. Tell us what it is.",
        "zh": "不认识的列中有 {count} 行有金额（最先在第 {rows} 行）。该列已隔离，不计入任何指标。请告诉我们它的含义。",
    },
    "unknown_fee": {
        "en": "a fee we don't know has amounts in {count} rows (first in rows {rows}). It is carried as "
        "'unmapped': the "
        "settlement is right, and no fee group has it. Map it in seeds/finance/fee_types.csv, or tell us what it is.",
        "zh": "不认识的费用在 {count} 行有金额（最先在第 {rows} 行）。按“未归类”计入：结算金额正确，"
        "但不属于任何费用类别。"
        "请在 seeds/finance/fee_types.csv 中归类，或告诉我们它的含义。",
    },
    "unknown_column_no_money": {
        "en": "we don't know this column; what it holds is no money (ids, rates, weights, dates or counts), and it is "
        "not used.",
        "zh": "不认识此列；其内容不是金额（编号、比率、重量、日期或数量），未使用。",
    },
    "unknown_status": {
        "en": "we don't know the status '{value}'. The order stays in the numbers by its other facts (times "
        "of payment, "
        "dispatch, delivery and cancellation). Look whether that is right, and tell us what the word means.",
        "zh": "不认识订单状态“{value}”。该订单按其他信息（付款、发货、送达、取消时间）计入。请核对，"
        "并告诉我们该词的含义。",
    },
    "unknown_type": {
        "en": "we don't know the type '{value}'. Its amount is carried as 'unmapped'. Tell us what it means.",
        "zh": "不认识类型“{value}”，其金额按“未归类”计入。请告诉我们它的含义。",
    },
    "control_total": {
        "en": "the file says {said} (row {row} of '{place}'), its rows sum to {own}: it is cut off or "
        "filtered. Download "
        "it again, whole and without filters, and import that one.",
        "zh": "文件写明 {said}（“{place}”第 {row} 行），而各行合计为 {own}：文件被截断或筛选过。"
        "请不加筛选重新下载完整文件后再导入。",
    },
    "control_count": {
        "en": "the file says that it has {said} rows (row {row} of '{place}'), and it has {own}: it is cut off or "
        "filtered. Download it again, whole and without filters, and import that one.",
        "zh": "文件写明有 {said} 行（“{place}”第 {row} 行），实际有 {own} 行：文件被截断或筛选过。"
        "请不加筛选重新下载完整文件后再导入。",
    },
    "outside_of_period": {
        "en": "the file says that it is of {first} to {last} ('{place}'), and has rows of other days ({day}): somebody "
        "has changed it, or put two together. Download it again.",
        "zh": "文件写明时段为 {first} 至 {last}（“{place}”），却有其他日期的行（{day}）："
        "文件被改过或拼接过。请重新下载。",
    },
    "summary_of_another_currency": {
        "en": "the summary on this sheet is in {found} and the rows are not, so that it was not compared with them.",
        "zh": "此工作表的汇总币种是 {found}，与各行不同，未与各行核对。",
    },
    "unknown_column_without_amounts": {
        "en": "we don't know this column; it has no amounts and is not used.",
        "zh": "不认识此列；其中没有金额，未使用。",
    },
    "contact_column_cut": {
        "en": "the name of this column sounds like contact data; it was cut out unread.",
        "zh": "列名像是联系方式，未读取即已删除。",
    },
    "row_too_long": {
        "en": "the row has {cells} cells where the header has {columns}, so its cells may stand under wrong headers. "
        "It is set aside.",
        "zh": "该行有 {cells} 个单元格，而表头只有 {columns} 列，内容可能错位。该行已隔离。",
    },
    "row_too_short": {
        "en": "the row has {cells} cells where the header has {columns}: it is cut off. It is set aside. "
        "Download the file again.",
        "zh": "该行只有 {cells} 个单元格，而表头有 {columns} 列：该行被截断，已隔离。请重新下载文件。",
    },
    "row_without_time": {
        "en": "no time of creation, so that the order belongs to no day. It is set aside. Download the file again.",
        "zh": "没有创建时间，订单不属于任何一天，已隔离。请重新下载文件。",
    },
    "row_without_key": {
        "en": "the row has no value here that says what it is about. It is set aside.",
        "zh": "该行在此列没有可识别的值，不知道属于什么。该行已隔离。",
    },
    "no_rows": {
        "en": "there is a header and no row under it.",
        "zh": "只有表头，没有数据行。",
    },
    "ambiguous_dates": {
        "en": "'{value}' can be {dmy} (day first) or {mdy} (month first), and no date of the file says which. Nothing "
        "of it is loaded. Import a download of a longer time, or say which it is.",
        "zh": "“{value}”可能是 {dmy}（日在前）或 {mdy}（月在前），文件中没有日期能判断。整个文件都不导入。"
        "请导入时间更长的文件，或指明顺序。",
    },
    "contradictory_dates": {
        "en": "'{dmy}' has the day first and '{mdy}' the month first. One file has one order, so somebody has changed "
        "it. Nothing of it is loaded. Download it again.",
        "zh": "“{dmy}”是日在前，“{mdy}”是月在前。一个文件只有一种顺序，说明文件被改过。整个文件都不导入。请重新下载。",
    },
    "mixed_dates": {
        "en": "some dates are text and some were turned into real dates by a spreadsheet, which may have swapped day "
        "and month in those. Nothing of the file is loaded. Download it again and don't save it from a spreadsheet.",
        "zh": "一部分日期是文本，一部分被表格软件转成了日期，日和月可能颠倒。整个文件都不导入。"
        "请重新下载，不要用表格软件另存。",
    },
    "ambiguous_numbers": {
        "en": "'{value}' can be {small} or {large}, and no amount of the file says which. Nothing of it is loaded. "
        "Import a download with more rows, or say which mark is the decimal one.",
        "zh": "“{value}”可能是 {small} 或 {large}，文件中没有金额能判断。整个文件都不导入。"
        "请导入行数更多的文件，或指明小数点。",
    },
    "contradictory_numbers": {
        "en": "'{dot}' has a dot before its decimals and '{comma}' a comma. One file has one mark, so somebody has "
        "changed it. Nothing of it is loaded. Download it again.",
        "zh": "“{dot}”用点作小数点，“{comma}”用逗号。一个文件只有一种写法，说明文件被改过。"
        "整个文件都不导入。请重新下载。",
    },
    "id_in_scientific_notation": {
        "en": "a spreadsheet has turned the id into '{value}', and its last digits are lost. Download the file again "
        "and import it without opening and saving it in a spreadsheet.",
        "zh": "表格软件把编号变成了“{value}”，末尾数字已丢失。请重新下载，不要用表格软件打开另存后再导入。",
    },
    "id_lost_digits": {
        "en": "a spreadsheet has rounded the id '{value}' to 15 digits; the rest is lost. Download the file again and "
        "import it without opening and saving it in a spreadsheet.",
        "zh": "表格软件把编号“{value}”舍入到 15 位，其余数字已丢失。请重新下载，不要用表格软件打开另存后再导入。",
    },
    "not_an_id": {
        "en": "'{value}' is no id. The cell is set aside.",
        "zh": "“{value}”不是编号。该单元格已隔离。",
    },
    "not_a_number": {
        "en": "'{value}' is no number as this file writes them. The cell is set aside.",
        "zh": "“{value}”不是本文件写法的数字。该单元格已隔离。",
    },
    "number_in_scientific_notation": {
        "en": "a spreadsheet has turned the number into '{value}' and lost digits. The cell is set aside.",
        "zh": "表格软件把数字变成了“{value}”，丢失了位数。该单元格已隔离。",
    },
    "not_a_whole_number": {
        "en": "'{value}' should be a whole number. The cell is set aside.",
        "zh": "“{value}”应为整数。该单元格已隔离。",
    },
    "rate_without_percent_sign": {
        "en": "'{value}' has no percent sign, so it can be a share or a percentage. The cell is set aside.",
        "zh": "“{value}”没有百分号，无法判断是比率还是百分数。该单元格已隔离。",
    },
    "not_a_date": {
        "en": "'{value}' is no date as this file writes them. The cell is set aside.",
        "zh": "“{value}”不是本文件写法的日期。该单元格已隔离。",
    },
    "not_a_duration": {
        "en": "'{value}' is no duration. The cell is set aside.",
        "zh": "“{value}”不是时长。该单元格已隔离。",
    },
    "not_yes_or_no": {
        "en": "'{value}' is neither yes nor no. The cell is set aside.",
        "zh": "“{value}”既不是“是”也不是“否”。该单元格已隔离。",
    },
    "not_a_currency": {
        "en": "'{value}' is no currency. The cell is set aside.",
        "zh": "“{value}”不是币种。该单元格已隔离。",
    },
    "several_currencies": {
        "en": "amounts are in several currencies: {found}. A row that names its currency keeps it; where none "
        "does, nothing of the file is loaded.",
        "zh": "有多种币种：{found}。写明币种的行保留其币种；如果各行都没有写明，整个文件都不导入。",
    },
    "currency_contradicted": {
        "en": "an amount is in {found}, and the column of currencies says {own}: one of the two is wrong. Nothing "
        "of the file is loaded. Download it again and don't change it in a spreadsheet.",
        "zh": "有金额写明币种为 {found}，而币种列写的是 {own}：两者必有一错，因此整个文件都不导入。"
        "请重新下载，不要用表格软件修改。",
    },
    "row_repeated": {
        "en": "the row is equal to an earlier one in every cell, as when a download is pasted under another. It "
        "is not counted; the earlier one is. If it is meant twice, tell us; else import each download as it is.",
        "zh": "该行与前面某一行的所有单元格完全相同（例如把两次下载拼在一起），本行不计入，只计前面那一行。"
        "如果确实应计两次，请告诉我们；否则请分别导入各次下载的原文件。",
    },
    "row_equal": {
        "en": "the row is equal to the one above it in every cell. Both count, as two equal adjustments would. Look "
        "whether that is right.",
        "zh": "该行与上一行的所有单元格完全相同。两行都计入（可能是两笔相同的调整）。请核对是否正确。",
    },
    "order_repeated": {
        "en": "order {value} stands in two places of the file, in different states, as when a download is pasted under "
        "another. The later state counts, and this row is left out. Import each download as it is.",
        "zh": "订单 {value} 在文件中出现两处且状态不同（例如把两次下载拼在一起）。以较新的状态为准，该行不计入。"
        "请分别导入各次下载的原文件。",
    },
    "row_without_amount": {
        "en": "the amount of the row is empty, which it never is in a download (merged or cleared cells?). The row "
        "has no money in the numbers. Download the file again and don't change it in a spreadsheet.",
        "zh": "该行金额为空，而下载的原文件中不会为空（是否合并或清除过单元格？）。该行不计入任何金额。"
        "请重新下载，不要用表格软件修改。",
    },
    "currency_unclear": {
        "en": "these signs can't be the shop's currency, or could be several: {found}. Say whose file it is.",
        "zh": "这些符号不是店铺的币种，或可能是多种币种：{found}。请指明是哪个店铺的文件。",
    },
    "currency_of_another": {
        "en": "amounts are in {found} ({place}), the shop's currency is {own}. Is it this shop's file?",
        "zh": "金额是 {found}（{place}），店铺币种是 {own}。这是该店铺的文件吗？",
    },
    "zone_unknown": {
        "en": "times in the file are those of the shop's clock, and nobody knows whose file it is. Say which shop "
        "it belongs to.",
        "zh": "文件中的时间是店铺当地时间，但不知道是哪个店铺的文件。请指明店铺。",
    },
}

_PLACES: Mapping[Language, Mapping[str, str]] = {
    "en": {"sheet": "sheet '{}'", "row": "row {}", "column": "column '{}'", "join": ", ", "end": ": "},
    "zh": {"sheet": "工作表“{}”", "row": "第 {} 行", "column": "列“{}”", "join": "，", "end": "："},
}

SEVERITIES: Mapping[str, Mapping[Language, str]] = {
    "error": {"en": "stopped", "zh": "已拒绝"},
    "quarantine": {"en": "set aside", "zh": "已隔离"},
    "note": {"en": "note", "zh": "提示"},
}

LABELS: Mapping[str, Mapping[Language, str]] = {
    "file": {"en": "File", "zh": "文件"},
    "sheet": {"en": "Sheet", "zh": "工作表"},
    "kind": {"en": "Kind", "zh": "类型"},
    "market": {"en": "Market", "zh": "市场"},
    "language": {"en": "Language", "zh": "语言"},
    "zone": {"en": "Time zone", "zh": "时区"},
    "currency": {"en": "Currency", "zh": "币种"},
    "period": {"en": "Period", "zh": "时段"},
    "downloaded_at": {"en": "Downloaded", "zh": "下载时间"},
    "header_row": {"en": "Header", "zh": "表头"},
    "dates": {"en": "Dates", "zh": "日期写法"},
    "numbers": {"en": "Decimal mark", "zh": "小数点"},
    "rows": {"en": "Rows", "zh": "数据行"},
    "columns": {"en": "Columns", "zh": "已识别列"},
    "unknown": {"en": "Unknown", "zh": "不认识的列"},
    "missing": {"en": "Not in the file", "zh": "文件中没有的列"},
    "problems": {"en": "Problems", "zh": "问题"},
    "none": {"en": "none", "zh": "无"},
    "not_known": {"en": "not known", "zh": "未知"},
    "nothing_says": {
        "en": "not known (nothing in the file says it; pass {})",
        "zh": "未知（文件没有说明；请加 {}）",
    },
    "by_shop": {"en": "{}", "zh": "{}"},
    "by_amounts": {"en": "{} (its amounts say so)", "zh": "{}（由金额的币种得知）"},
    "by_columns": {"en": "{} (its columns say so)", "zh": "{}（由该市场特有的列得知）"},
    "by_summary": {"en": "{} (its summary says so)", "zh": "{}（由文件的汇总得知）"},
    "n_orders": {"en": "orders: {}", "zh": "{} 个订单"},
    "n_rows": {"en": "rows: {}", "zh": "{} 行"},
    "not_whole": {"en": "an unknown part of the file", "zh": "文件的未知部分"},
    "n_unknown": {"en": "of which {} of unknown money", "zh": "其中 {} 行金额未知"},
    "left_out": {"en": "Left out, in no number: {}.", "zh": "已略过，不计入任何指标：{}。"},
    "counted": {
        "en": "In the numbers, and not wholly understood: {}.",
        "zh": "已计入指标，但未完全识别：{}。",
    },
    "control": {"en": "Says of itself", "zh": "文件自述"},
    "unmapped": {"en": "Money not mapped", "zh": "未归类的金额列"},
    "vi": {"en": "Vietnamese", "zh": "越南语"},
    "zh": {"en": "Chinese", "zh": "中文"},
    "th": {"en": "Thai", "zh": "泰语"},
    "pt": {"en": "Portuguese", "zh": "葡萄牙语"},
    "ja": {"en": "Japanese", "zh": "日语"},
    "de": {"en": "German", "zh": "德语"},
    "fr": {"en": "French", "zh": "法语"},
    "it": {"en": "Italian", "zh": "意大利语"},
    "row": {"en": "row {}", "zh": "第 {} 行"},
    "through": {"en": "{} to {}", "zh": "{} 至 {}"},
    "more": {"en": "(and {} more like this: row {})", "zh": "（另有 {} 处类似：第 {} 行）"},
    "dmy": {"en": "day/month/year", "zh": "日/月/年"},
    "mdy": {"en": "month/day/year", "zh": "月/日/年"},
    "ymd": {"en": "year first", "zh": "年在前"},
    ".": {"en": "dot: 1,234.56", "zh": "点：1,234.56"},
    ",": {"en": "comma: 1.234,56", "zh": "逗号：1.234,56"},
    "en": {"en": "English", "zh": "英语"},
    "id": {"en": "Indonesian", "zh": "印度尼西亚语"},
    "es": {"en": "Spanish", "zh": "西班牙语"},
}


def message(
    code: str,
    language: Language,
    file: str,
    sheet: str,
    row: int | None,
    column: str | None,
    values: Mapping[str, str],
) -> str:
    """A problem in a sentence that names file, sheet, row and column.

    Args:
        code: Of the problem.
        language: `en` or `zh`.
        file: Name of the file; empty when it is clear.
        sheet: Name of the sheet; empty for a CSV.
        row: Row as a spreadsheet counts, from 1.
        column: Header of the column.
        values: For the sentence.

    Raises:
        KeyError: The code has no sentence, or a value is missing.
    """
    words = _PLACES[language]
    places = [file] if file else []
    if sheet:
        places.append(words["sheet"].format(sheet))
    if row is not None:
        places.append(words["row"].format(row))
    if column is not None:
        places.append(words["column"].format(column))
    place = words["join"].join(places)
    sentence = PROBLEMS[code][language].format_map(values)
    return one_line(f"{place}{words['end']}{sentence}" if place else sentence)


def label(name: str, language: Language) -> str:
    """A word of the explanation."""
    return LABELS[name][language]
