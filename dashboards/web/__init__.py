"""The process and the script that Streamlit runs. Not beside `pages/`, which Streamlit would take for its own."""
