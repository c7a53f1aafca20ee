"""Office files as common libraries write them.

    python3 -m venv /tmp/office && /tmp/office/bin/pip install python-docx openpyxl
    /tmp/office/bin/python make_office.py
"""

import datetime as dt
from pathlib import Path

import docx
import openpyxl
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.styles import numbers

here = Path(__file__).parent


def word():
    file = docx.Document()
    file.core_properties.title = "Pump manual"
    file.add_heading("Pump manual", 0)
    file.add_heading("Care", 1)
    paragraph = file.add_paragraph("The filter is ")
    paragraph.add_run("changed every 90 days").bold = True
    paragraph.add_run(", see ")
    link = OxmlElement("w:hyperlink")
    relation = file.part.relate_to("https://example.org/filters", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link.set(qn("r:id"), relation)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "the list"
    run.append(text)
    link.append(run)
    paragraph._p.append(link)
    file.add_heading("Tools", 2)
    for tool in ["Wrench", "Gloves & goggles"]:
        file.add_paragraph(tool, style="List Bullet")
    for step in ["Close the valve", "Open the lid"]:
        file.add_paragraph(step, style="List Number")
    table = file.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ["Part", "Number", "Price"]):
        cell.text = text
    for row in [["Seal", "S-17", "2.50"], ["Lid", "L-3", "11|12"]]:
        for cell, text in zip(table.add_row().cells, row):
            cell.text = text
    hidden = file.add_paragraph("Shown").add_run(" and hidden")
    hidden.font.hidden = True
    file.save(here / "manual.docx")


def excel():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(["Orders of 2024"])
    sheet.append(["Customer", "Day", "Amount", "Share", "Paid", "Note"])
    sheet.append(["Ann & Co", dt.date(2024, 3, 1), 1234.5, 0.125, True, "first\nsecond"])
    sheet.append(["Bert", dt.datetime(2024, 12, 31, 23, 59), -7, 1, False, None])
    for row in (3, 4):
        sheet.cell(row, 3).number_format = '#,##0.00 "kr"'
        sheet.cell(row, 4).number_format = numbers.FORMAT_PERCENTAGE_00
    sheet.cell(4, 8).value = "=1/0"
    other = book.create_sheet("Places")
    for row in [["City", "Country"], ["Skarholm", "Vesterland"]]:
        other.append(row)
    book.create_sheet("Empty")
    book.save(here / "orders.xlsx")


word()
excel()
