"""The least a PySide6 program does to show a main window; the reference of `window`."""

import sys

from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

application = QApplication(sys.argv)
window = QMainWindow()
window.setCentralWidget(QLabel("Bare"))
window.setGeometry(50, 40, 1180, 780)
window.show()
sys.exit(application.exec())
