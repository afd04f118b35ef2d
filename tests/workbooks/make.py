"""Makes the workbooks beside this file: python make.py. Needs openpyxl, xlwt and odfpy; run once, the files are kept."""

import datetime
import pathlib

import openpyxl
import xlwt
from odf import table as ods_table
from odf import text as ods_text
from odf.opendocument import OpenDocumentSpreadsheet

HERE = pathlib.Path(__file__).parent
HEADER = ["Order", "Customer", "Qty", "Price", "Placed", "Changed", "Paid", "Ratio"]
DAY = datetime.date(2017, 3, 31)
MOMENT = datetime.datetime(2017, 3, 31, 8, 30, 15)


def rows():
    return [
        ["007", 17850.0, 3, 19.99, DAY, MOMENT, True, 0.5],
        ["客-2", "17850", 9007199254740993, 0.1 + 0.2, datetime.date(1900, 3, 1), None, False, 1e-7],
        [12, "a", 2.5, 1, DAY, MOMENT, True, 1],
        [13, "b", 1, 1.005, DAY, MOMENT, True, 1],
        [14, "c", 1, 1, MOMENT, MOMENT, True, 1],
        [15, "d", 1, 1, 42825, MOMENT, True, 1],
        [16, "e", 1, "2.50", "2017-04-01", "2017-04-01T00:00:00", "true", "3"],
    ]


def xlsx(path, epoch=None):
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(HEADER)
    for row in rows():
        sheet.append(row)
    # An empty row is no row; behind it errors, a formula without a value, merged cells, a time alone.
    sheet.append([])
    for order, qty in [("E1", "#N/A"), ("E2", "#DIV/0!")]:
        sheet.append([order, "f", qty, 1, DAY, MOMENT, True, 1])
        sheet.cell(sheet.max_row, 3).data_type = "e"
    sheet.append(["M1", "merged", 1, 1, DAY, MOMENT, True, 1])
    sheet.append(["M2", None, 1, 1, datetime.time(12, 0), MOMENT, True, 1])
    sheet.merge_cells(start_row=sheet.max_row - 1, start_column=2, end_row=sheet.max_row, end_column=2)
    # A value far off, in a column without a name.
    sheet["XFD12"] = "far"
    book.create_sheet("Notes")["A1"] = "nothing"
    titled = book.create_sheet("Titled")
    titled["A1"] = "Turnover by region"
    for at, row in enumerate([["Region", 2016, 2017], ["East", 10, 20], ["West", 1.5, None], ["Total", 11.5, 20]], 3):
        for column, value in enumerate(row, 2):
            titled.cell(at, column, value)
    book.create_sheet("Empty")
    hidden = book.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    book.save(path)


def xls(path, date1904):
    book = xlwt.Workbook()
    book.dates_1904 = date1904
    sheet = book.add_sheet("Orders")
    day, moment = xlwt.easyxf(num_format_str="YYYY-MM-DD"), xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
    for column, name in enumerate(HEADER):
        sheet.write(0, column, name)
    for at, row in enumerate(rows(), 1):
        for column, value in enumerate(row):
            if isinstance(value, datetime.datetime):
                sheet.write(at, column, value, moment)
            elif isinstance(value, datetime.date):
                sheet.write(at, column, value, day)
            elif value is not None:
                sheet.write(at, column, value)
    book.save(path)


def ods(path):
    book = OpenDocumentSpreadsheet()
    sheet = ods_table.Table(name="Orders")

    def cell(value):
        if value is None:
            return ods_table.TableCell()
        if isinstance(value, bool):
            return ods_table.TableCell(valuetype="boolean", booleanvalue=str(value).lower())
        if isinstance(value, (datetime.date, datetime.datetime)):
            return ods_table.TableCell(valuetype="date", datevalue=value.isoformat())
        if isinstance(value, (int, float)):
            return ods_table.TableCell(valuetype="float", value=repr(value))
        found = ods_table.TableCell(valuetype="string")
        found.addElement(ods_text.P(text=value))
        return found

    for row in [HEADER, *rows(), ["E1", "f", "#N/A", 1, DAY, MOMENT, True, 1]]:
        line = ods_table.TableRow()
        for value in row:
            line.addElement(cell(value))
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.save(path)


if __name__ == "__main__":
    xlsx(HERE / "orders.xlsx")
    xlsx(HERE / "orders-1904.xlsx", openpyxl.utils.datetime.CALENDAR_MAC_1904)
    xls(HERE / "orders.xls", False)
    ods(HERE / "orders.ods")
